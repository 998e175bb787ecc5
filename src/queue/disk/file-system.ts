/** A file of the queue; positions and lengths in bytes. All rejections are those of the system, with their `code`. */
export interface QueueFile {
  /** Fills a buffer from a position on; fewer bytes than it has are read at the end of the file only. */
  read(into: Buffer, position: number): Promise<number>
  /** Writes chunks one behind the other, all of them or, where it rejects, the begin of them. */
  write(chunks: readonly Buffer[], position: number): Promise<void>
  /** Resolves when the disk has what was written, and the length. After a rejection nobody knows what it has. */
  sync(): Promise<void>
  truncate(length: number): Promise<void>
  close(): Promise<void>
}

/** An entry of a directory. */
export interface DirectoryEntry {
  readonly name: string
  readonly isFile: boolean
  readonly bytes: number
}

/**
 * All that the queue asks of a file system, and no more, so that a simulated one can crash at every step. What was not
 * synced may be lost: data by `sync` of the file; names, by which a file is found, by `syncDirectory`.
 */
export interface QueueFileSystem {
  makeDirectory(path: string): Promise<void>
  list(directory: string): Promise<DirectoryEntry[]>
  /** `create` is for writing, and rejects with EEXIST where there is a file; `change` is for writing one that is there. */
  open(path: string, mode: 'read' | 'create' | 'change'): Promise<QueueFile>
  rename(from: string, to: string): Promise<void>
  unlink(path: string): Promise<void>
  syncDirectory(path: string): Promise<void>
}
