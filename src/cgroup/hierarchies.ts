import type { HostFiles } from '#src/host/host-files.ts'

/** The controllers that have statistics. */
export const controllers = ['cpu', 'cpuacct', 'cpuset', 'memory', 'blkio', 'pids', 'hugetlb'] as const

export type Controller = (typeof controllers)[number]

/** What a controller of version 1 is called in version 2, where it is not called the same. */
const unifiedNames: Readonly<Partial<Record<Controller, string>>> = { cpuacct: 'cpu', blkio: 'io' }

/** Where a controller is found. */
export interface Mounted {
  readonly version: 1 | 2
  /** On the host. */
  readonly folder: string
}

/** The hierarchies of a host: one of version 2, or one per controller of version 1, or both (hybrid). */
export interface Hierarchies {
  /** That of a controller; undefined where the kernel has none. */
  of(controller: Controller): Mounted | undefined
  /** The folder of the hierarchy whose tree is walked; undefined where there are no cgroups. */
  readonly tree: string | undefined
  /** Where version 2 is mounted, which has pressure; undefined where it is not. */
  readonly unified: string | undefined
}

/** Where systemd mounts cgroups. */
export const defaultCgroupFolder = '/sys/fs/cgroup'

/**
 * Finds the hierarchies below a folder. Version 2 has `cgroup.controllers` at its root; version 1 has a folder per
 * controller, or one that several share, named `cpu,cpuacct`; a hybrid host has version 2 in `unified` besides.
 */
export function findHierarchies(files: HostFiles, folder = defaultCgroupFolder): Hierarchies {
  if (controllersOf(files, folder) !== undefined) {
    const mounted: Mounted = { version: 2, folder }
    return { of: () => mounted, tree: folder, unified: folder }
  }
  const names = files.list(folder)
  const unified = `${folder}/unified`
  const enabled = controllersOf(files, unified)
  const places = new Map<Controller, Mounted>()
  for (const controller of controllers) {
    const name = names.find((each) => each.split(',').includes(controller))
    if (name !== undefined) places.set(controller, { version: 1, folder: `${folder}/${name}` })
    else if (enabled?.includes(unifiedNames[controller] ?? controller) === true)
      places.set(controller, { version: 2, folder: unified })
  }
  const tree = ['memory', 'cpuacct', 'cpu', 'pids'] as const
  return {
    of: (controller) => places.get(controller),
    tree: tree.map((controller) => places.get(controller)?.folder).find((each) => each !== undefined),
    unified: enabled === undefined ? undefined : unified,
  }
}

function controllersOf(files: HostFiles, folder: string): string[] | undefined {
  return files.attribute(`${folder}/cgroup.controllers`)?.split(' ')
}
