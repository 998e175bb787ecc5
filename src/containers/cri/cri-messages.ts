import { ProtobufMessage } from '#src/text/protobuf-message.ts'
import type { ContainerState } from '../container-identity.ts'
import { foreignCount, foreignLabels, foreignObject, foreignText } from '../foreign-text.ts'

/**
 * What of the messages of the Container Runtime Interface identities are made of (k8s.io/cri-api, runtime/v1/api.proto).
 * Decoders throw a LineMistake for what is no protobuf. Times are in Unix milliseconds; undefined where the runtime gave 0.
 */
export interface CriContainer {
  readonly id: string
  readonly sandboxId: string
  readonly name: string
  readonly attempt: number
  readonly image: string
  readonly imageId: string
  readonly state: ContainerState
  readonly createdAt: number | undefined
  readonly labels: ReadonlyMap<string, string>
}

export interface CriSandbox {
  readonly id: string
  readonly pod: string
  readonly podUid: string
  readonly namespace: string
  readonly attempt: number
  readonly isReady: boolean
  readonly createdAt: number | undefined
  readonly labels: ReadonlyMap<string, string>
}

export interface CriContainerStatus {
  readonly startedAt: number | undefined
  readonly finishedAt: number | undefined
  readonly exitCode: number
  readonly reason: string
  readonly logPath: string
  /** The name by which the image is known, where the list only has its id. */
  readonly image: string
}

export interface CriSandboxStatus {
  readonly hostNetwork: boolean
  /** From the runtime's own information. */
  readonly pid: number | undefined
  readonly image: string
}

export interface CriWritableLayer {
  readonly containerId: string
  readonly time: number
  readonly mountpoint: string
  readonly usedBytes: number | bigint
  readonly usedInodes: number | bigint | undefined
}

/** Containers or sandboxes of one answer: far more than any node has. */
const mostItems = 20_000

const containerStateOf: readonly ContainerState[] = ['created', 'running', 'exited', 'unknown']

/** `NamespaceMode.NODE`. */
const hostNamespace = 2

/** Reads one field of a message, or skips it. */
type FieldReader = (field: number, message: ProtobufMessage) => void

/** Reads the fields of a whole message; those that `read` leaves alone are skipped. */
function readMessage(bytes: Buffer, read: FieldReader): void {
  const message = new ProtobufMessage()
  message.begin(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.length)
  readFields(message, read)
}

function readFields(message: ProtobufMessage, read: FieldReader): void {
  for (let field = message.next(); field !== 0; field = message.next()) {
    const { position } = message
    read(field, message)
    if (message.position === position) message.skip()
  }
}

function readNested(message: ProtobufMessage, read: FieldReader): void {
  const nested = message.enter()
  readFields(message, read)
  message.leave(nested)
}

function textOf(message: ProtobufMessage): string {
  const { from, to } = message.bytes()
  return foreignText(message.buffer.toString('utf8', from, Math.min(to, from + longestTextBytes)))
}

/** What is cut off of a text is not decoded either. */
const longestTextBytes = 4096

/** Nanoseconds as milliseconds. */
function timeOf(message: ProtobufMessage): number | undefined {
  const milliseconds = Math.floor(Number(message.integer()) / 1e6)
  return milliseconds > 0 ? milliseconds : undefined
}

/** An entry of `map<string, string>`. */
function entryOf(message: ProtobufMessage): readonly [string, string] {
  let name = ''
  let value = ''
  readNested(message, (field) => {
    if (field === 1) name = textOf(message)
    else if (field === 2) value = textOf(message)
  })
  return [name, value]
}

/** `UInt64Value`: an absent message is not 0, and an empty one is. */
function wrappedOf(message: ProtobufMessage): number | bigint {
  let value: number | bigint = 0
  readNested(message, (field) => {
    if (field === 1) value = message.unsigned()
  })
  return value
}

/** The items of a list: the answer's field 1. */
function itemsOf<Item>(bytes: Buffer, read: (message: ProtobufMessage) => Item): Item[] {
  const items: Item[] = []
  readMessage(bytes, (field, message) => {
    if (field === 1 && items.length < mostItems) items.push(read(message))
  })
  return items
}

/** Reads `ListContainersResponse`. */
export function decodeContainers(bytes: Buffer): CriContainer[] {
  return itemsOf(bytes, (message) => {
    let id = ''
    let sandboxId = ''
    let metadata = { name: '', attempt: 0 }
    let askedImage = { image: '', userSpecified: '' }
    let imageRef = ''
    let imageId = ''
    let state = 0
    let createdAt: number | undefined
    const labels: (readonly [string, string])[] = []
    readNested(message, (field) => {
      if (field === 1) id = textOf(message)
      else if (field === 2) sandboxId = textOf(message)
      else if (field === 3) metadata = containerMetadataOf(message)
      else if (field === 4) askedImage = imageSpecOf(message)
      else if (field === 5) imageRef = textOf(message)
      else if (field === 6) state = Number(message.unsigned())
      else if (field === 7) createdAt = timeOf(message)
      else if (field === 8) labels.push(entryOf(message))
      else if (field === 10) imageId = textOf(message)
    })
    return {
      id,
      sandboxId,
      ...metadata,
      image: imageNameOf(askedImage, imageRef),
      imageId: imageId || imageRef,
      state: containerStateOf[state] ?? 'unknown',
      createdAt,
      labels: foreignLabels(labels),
    }
  })
}

/** A name that the user wrote says more than the id that the kubelet resolved it to. */
function imageNameOf(asked: { image: string; userSpecified: string }, reference: string): string {
  if (asked.userSpecified !== '') return asked.userSpecified
  return asked.image.startsWith('sha256:') && reference !== '' ? reference : asked.image
}

function containerMetadataOf(message: ProtobufMessage): { name: string; attempt: number } {
  const metadata = { name: '', attempt: 0 }
  readNested(message, (field) => {
    if (field === 1) metadata.name = textOf(message)
    else if (field === 2) metadata.attempt = Number(message.unsigned())
  })
  return metadata
}

function imageSpecOf(message: ProtobufMessage): { image: string; userSpecified: string } {
  const spec = { image: '', userSpecified: '' }
  readNested(message, (field) => {
    if (field === 1) spec.image = textOf(message)
    else if (field === 18) spec.userSpecified = textOf(message)
  })
  return spec
}

/** Reads `ListPodSandboxResponse`. */
export function decodeSandboxes(bytes: Buffer): CriSandbox[] {
  return itemsOf(bytes, (message) => {
    let id = ''
    let metadata = { pod: '', podUid: '', namespace: '', attempt: 0 }
    let isReady = true
    let createdAt: number | undefined
    const labels: (readonly [string, string])[] = []
    readNested(message, (field) => {
      if (field === 1) id = textOf(message)
      else if (field === 2) metadata = sandboxMetadataOf(message)
      else if (field === 3) isReady = message.unsigned() === 0
      else if (field === 4) createdAt = timeOf(message)
      else if (field === 5) labels.push(entryOf(message))
    })
    return { id, ...metadata, isReady, createdAt, labels: foreignLabels(labels) }
  })
}

function sandboxMetadataOf(message: ProtobufMessage): {
  pod: string
  podUid: string
  namespace: string
  attempt: number
} {
  const metadata = { pod: '', podUid: '', namespace: '', attempt: 0 }
  readNested(message, (field) => {
    if (field === 1) metadata.pod = textOf(message)
    else if (field === 2) metadata.podUid = textOf(message)
    else if (field === 3) metadata.namespace = textOf(message)
    else if (field === 4) metadata.attempt = Number(message.unsigned())
  })
  return metadata
}

/** Reads `ContainerStatusResponse`; undefined where it holds no status. */
export function decodeContainerStatus(bytes: Buffer): CriContainerStatus | undefined {
  let found: CriContainerStatus | undefined
  readMessage(bytes, (field, message) => {
    if (field !== 1) return
    let startedAt: number | undefined
    let finishedAt: number | undefined
    let exitCode = 0
    let reason = ''
    let logPath = ''
    let askedImage = { image: '', userSpecified: '' }
    let imageRef = ''
    readNested(message, (inner) => {
      if (inner === 8) askedImage = imageSpecOf(message)
      else if (inner === 9) imageRef = textOf(message)
      else if (inner === 5) startedAt = timeOf(message)
      else if (inner === 6) finishedAt = timeOf(message)
      else if (inner === 7) exitCode = message.signed()
      else if (inner === 10) reason = textOf(message)
      else if (inner === 15) logPath = textOf(message)
    })
    const image = imageNameOf(askedImage, imageRef)
    found = { startedAt, finishedAt, exitCode, reason, logPath, image }
  })
  return found
}

/** Reads `PodSandboxStatusResponse`, asked for with `verbose`. */
export function decodeSandboxStatus(bytes: Buffer): CriSandboxStatus {
  let network = 0
  let information: Pick<CriSandboxStatus, 'pid' | 'image'> = { pid: undefined, image: '' }
  readMessage(bytes, (field, message) => {
    if (field === 1) network = networkModeOf(message)
    else if (field === 2) information = informationOf(message) ?? information
  })
  return { hostNetwork: network === hostNamespace, ...information }
}

/** `PodSandboxStatus.linux.namespaces.options.network`, whose fields are 6, 1, 2 and 1. */
function networkModeOf(message: ProtobufMessage): number {
  let mode = 0
  const read = ([wanted, ...inner]: readonly number[]): void =>
    readNested(message, (field) => {
      if (field !== wanted) return
      if (inner.length > 1) read(inner)
      else
        readNested(message, (last) => {
          if (last === inner[0]) mode = Number(message.unsigned())
        })
    })
  read([6, 1, 2, 1])
  return mode
}

/** The entry `info` of the runtime's own information: JSON with the first process and the image, of containerd and CRI-O. */
function informationOf(message: ProtobufMessage): Pick<CriSandboxStatus, 'pid' | 'image'> | undefined {
  let name = ''
  let range = { from: 0, to: 0 }
  readNested(message, (field) => {
    if (field === 1) name = textOf(message)
    else if (field === 2) range = message.bytes()
  })
  if (name !== 'info') return undefined
  try {
    const { pid, image } = foreignObject(JSON.parse(message.buffer.toString('utf8', range.from, range.to)))
    // The empty sandbox of CRI-O without a process has 0.
    return { pid: foreignCount(pid) || undefined, image: foreignText(image) }
  } catch {
    return undefined
  }
}

/** Reads the writable layers of `ListContainerStatsResponse`; a container without one is left out. */
export function decodeWritableLayers(bytes: Buffer): CriWritableLayer[] {
  return itemsOf(bytes, (message) => {
    let containerId = ''
    let layer: Omit<CriWritableLayer, 'containerId'> | undefined
    readNested(message, (field) => {
      if (field === 1)
        readNested(message, (inner) => {
          if (inner === 1) containerId = textOf(message)
        })
      else if (field === 4) layer = filesystemUsageOf(message)
    })
    return layer === undefined ? [] : [{ containerId, ...layer }]
  }).flat()
}

function filesystemUsageOf(message: ProtobufMessage): Omit<CriWritableLayer, 'containerId'> | undefined {
  let time: number | undefined
  let mountpoint = ''
  let usedBytes: number | bigint | undefined
  let usedInodes: number | bigint | undefined
  readNested(message, (field) => {
    if (field === 1) time = timeOf(message)
    else if (field === 2)
      readNested(message, (inner) => {
        if (inner === 1) mountpoint = textOf(message)
      })
    else if (field === 3) usedBytes = wrappedOf(message)
    else if (field === 4) usedInodes = wrappedOf(message)
  })
  return time === undefined || usedBytes === undefined
    ? undefined
    : { time, mountpoint, usedBytes, usedInodes }
}

/** Reads the name of the runtime off `VersionResponse`. */
export function decodeRuntimeName(bytes: Buffer): string {
  let name = ''
  readMessage(bytes, (field, message) => {
    if (field === 2) name = textOf(message)
  })
  return name
}

/** A request that names one thing by its id, as field 1, with `verbose` as field 2. */
export function encodeIdRequest(id: string, verbose = false): Buffer {
  const text = Buffer.from(id)
  const length = text.length < 0x80 ? [text.length] : [(text.length & 0x7f) | 0x80, text.length >> 7]
  return Buffer.concat([Buffer.from([0x0a, ...length]), text, Buffer.from(verbose ? [0x10, 1] : [])])
}
