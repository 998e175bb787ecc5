import type { StateFamily } from '../../state-resource.ts'
import type { ContainerGroup } from './containers.ts'
import { of, type Pod } from './pod.ts'

/** Which image each container of a group was made of, once its status is known. */
export function containerInfo(group: ContainerGroup): StateFamily<Pod> {
  return of<'container' | 'image_spec' | 'image' | 'image_id' | 'container_id' | 'restart_policy'>(
    {
      fact: 'what it was made of',
      source: 'image of its specification, and image, imageID and containerID of its status',
      by: ['container', 'image_spec', 'image', 'image_id', 'container_id', 'restart_policy'],
      prometheus: {
        name: `${group.prefix}_info`,
        kind: 'gauge',
        description: 'What it was made of.',
        container: 'container',
        image_spec: 'image_spec',
        image: 'image',
        image_id: 'image_id',
        container_id: 'container_id',
        ...(group.isInit ? { restart_policy: 'restart_policy' } : {}),
      },
    },
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
