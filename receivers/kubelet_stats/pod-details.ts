import type { MoreAttributes } from './subject.ts'

/** What pods' descriptions tell of their containers and volumes, by the UID of the pod and the name. */
export interface PodDetails {
  readonly container: (podUid: string, name: string) => MoreAttributes
  readonly volume: (podUid: string, name: string) => MoreAttributes
}

export const noDetails: PodDetails = { container: () => ({}), volume: () => ({}) }

/** Of a static pod the API has another UID than the kubelet, which has this hash. */
const manifestHash = 'kubernetes.io/config.hash'

const statusLists = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses']

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
  for (const pod of listOf(record(JSON.parse(text))['items'])) {
    const metadata = record(pod['metadata'])
    const uids = [metadata['uid'], record(metadata['annotations'])[manifestHash]].map(textOf)
    const status = record(pod['status'])
    for (const each of statusLists.flatMap((list) => listOf(status[list]))) {
      // `containerd://ID`
      const [, containerId] = /:\/\/([\w.-]{1,128})$/.exec(textOf(each['containerID'])) ?? []
      for (const uid of uids) containers.set(keyOf(uid, textOf(each['name'])), { containerId })
    }
    for (const each of listOf(record(pod['spec'])['volumes'])) {
      for (const uid of uids)
        volumes.set(keyOf(uid, textOf(each['name'])), { volume: volumeAttributes(each) })
    }
  }
  return {
    container: (uid, name) => containers.get(keyOf(uid, name)) ?? {},
    volume: (uid, name) => volumes.get(keyOf(uid, name)) ?? {},
  }
}

function keyOf(uid: string, name: string): string {
  return `${uid}/${name}`
}

/** A volume has its name, and one key that says what it is. */
function volumeAttributes(volume: Fields): Readonly<Record<string, string>> {
  const type = Object.keys(volume).find((key) => key !== 'name')
  if (type === undefined) return {}
  const source = record(volume[type])
  const more = Object.hasOwn(volumeFields, type) ? (volumeFields[type] ?? []) : []
  return Object.fromEntries([
    ['k8s.volume.type', type],
    ...more.map(([field, attribute]) => [attribute, textOf(source[field])]),
  ]) as Readonly<Record<string, string>>
}

function record(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(record) : []
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
