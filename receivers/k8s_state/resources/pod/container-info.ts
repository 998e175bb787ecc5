import { labelFact } from '../../label-fact.ts'
import type { StateFamily } from '../../state-resource.ts'
import type { ContainerGroup } from './containers.ts'
import { of, type Pod } from './pod.ts'

/** Which image each container of a group was made of, once its status is known. */
export function containerInfo(group: ContainerGroup): StateFamily<Pod> {
  return of(
    labelFact({
      fact: 'what it was made of',
      source: 'image of its specification, and image, imageID and containerID of its status',
      prometheus: `${group.prefix}_info`,
      labels: [
        'container',
        'image_spec',
        'image',
        'image_id',
        'container_id',
        ...(group.isInit ? ['restart_policy'] : []),
      ],
    }),
    (pod, add) => {
      const statuses = group.statuses(pod)
      for (const { name, image: wanted = '', restartPolicy = '' } of group.containers(pod)) {
        const status = statuses.find((each) => each.name === name)
        if (status === undefined) continue
        const { image = '', imageID = '', containerID = '' } = status
        add(1, {
          container: name,
          image_spec: wanted,
          image,
          image_id: imageID,
          container_id: containerID,
          restart_policy: restartPolicy,
        })
      }
    },
  )
}
