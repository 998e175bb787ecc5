import { foreignList, foreignObject, foreignText } from '#src/containers/foreign-text.ts'
import { manifestHash, statusLists } from '#src/containers/kubelet-pods.ts'
import { allotmentsOf, noAllotment, type Allotment } from './allotment.ts'
import type { MoreAttributes } from './subject.ts'

/** What pods' descriptions tell of their containers and volumes, by the UID of the pod and the name. */
export interface PodDetails {
  readonly container: (podUid: string, name: string) => MoreAttributes
  readonly volume: (podUid: string, name: string) => MoreAttributes
  /** What a container may use and asks for; without a name, the pod. */
  readonly allotment: (podUid: string, name?: string) => Allotment
}

export const noDetails: PodDetails = {
  container: () => ({}),
  volume: () => ({}),
  allotment: () => noAllotment,
}

/** Far more than a node, or a pod, has. */
const mostEntries = 5000

/** The types of volumes that have more to tell: the field of each, and the attribute that it becomes. */
const volumeFields: Readonly<Record<string, readonly (readonly [field: string, attribute: string])[]>> = {
  persistentVolumeClaim: [['claimName', 'k8s.persistentvolumeclaim.name']],
  awsElasticBlockStore: [
    ['volumeID', 'aws.volume.id'],
    ['fsType', 'fs.type'],
  ],
  gcePersistentDisk: [
    ['pdName', 'gce.pd.name'],
    ['fsType', 'fs.type'],
  ],
  glusterfs: [
    ['endpoints', 'glusterfs.endpoints.name'],
    ['path', 'glusterfs.path'],
  ],
}

type Fields = Readonly<Record<string, unknown>>

/**
 * Reads the body of `/pods` (`v1.PodList`); what is malformed is left out.
 *
 * @throws {SyntaxError} where it is no JSON
 */
export function parsePodDetails(text: string): PodDetails {
  const containers = new Map<string, MoreAttributes>()
  const volumes = new Map<string, MoreAttributes>()
  const allotments = new Map<string, Allotment>()
  for (const pod of objectsOf(foreignObject(JSON.parse(text))['items'])) {
    const metadata = foreignObject(pod['metadata'])
    const uids = [metadata['uid'], foreignObject(metadata['annotations'])[manifestHash]].map(foreignText)
    const status = foreignObject(pod['status'])
    for (const each of statusLists.flatMap((list) => objectsOf(status[list]))) {
      // `containerd://ID`
      const [, containerId] = /:\/\/([\w.-]{1,128})$/.exec(foreignText(each['containerID'])) ?? []
      for (const uid of uids) containers.set(keyOf(uid, foreignText(each['name'])), { containerId })
    }
    const spec = foreignObject(pod['spec'])
    for (const [name, allotment] of allotmentsOf(spec))
      for (const uid of uids) allotments.set(keyOf(uid, name), allotment)
    for (const each of objectsOf(spec['volumes'])) {
      for (const uid of uids)
        volumes.set(keyOf(uid, foreignText(each['name'])), { volume: volumeAttributes(each) })
    }
  }
  return {
    container: (uid, name) => containers.get(keyOf(uid, name)) ?? {},
    volume: (uid, name) => volumes.get(keyOf(uid, name)) ?? {},
    allotment: (uid, name = '') => allotments.get(keyOf(uid, name)) ?? noAllotment,
  }
}

function keyOf(uid: string, name: string): string {
  return `${uid}/${name}`
}

/** A volume has its name, and one key that says what it is. */
function volumeAttributes(volume: Fields): Readonly<Record<string, string>> {
  const type = Object.keys(volume).find((key) => key !== 'name')
  if (type === undefined) return {}
  const source = foreignObject(volume[type])
  const more = Object.hasOwn(volumeFields, type) ? (volumeFields[type] ?? []) : []
  return Object.fromEntries([
    ['k8s.volume.type', type],
    ...more.map(([field, attribute]) => [attribute, foreignText(source[field])]),
  ]) as Readonly<Record<string, string>>
}

function objectsOf(list: unknown): Fields[] {
  return foreignList(list, mostEntries).map(foreignObject)
}
