/**
 * What is known of file system types: whether the kernel answers `statfs` of them, and finds a path in them, out of
 * its memory. Such a call takes microseconds and cannot hang, also when the disk below is dying: the folders that
 * lead to a mount stay in memory as long as it is mounted.
 */
const answering: readonly (readonly [why: string, types: readonly string[]])[] = [
  [
    'local file systems keep their counters in memory while they are mounted',
    ['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'bcachefs', 'f2fs', 'jfs', 'exfat', 'ntfs3', 'hfsplus'],
  ],
  [
    'FAT may read its allocation table at the first call after it was mounted (half a megabyte for a boot partition)',
    ['vfat', 'msdos'],
  ],
  [
    'images are read-only, and tell their size as it was at the mount',
    ['squashfs', 'erofs', 'iso9660', 'cramfs', 'romfs'],
  ],
  ['memory counts itself', ['tmpfs', 'ramfs', 'devtmpfs', 'hugetlbfs']],
  [
    'the interfaces of the kernel have no blocks: the answer is zero',
    [
      'proc',
      'sysfs',
      'cgroup',
      'cgroup2',
      'cpuset',
      'bpf',
      'configfs',
      'debugfs',
      'tracefs',
      'securityfs',
      'selinuxfs',
      'devpts',
      'mqueue',
      'nsfs',
      'pstore',
      'binfmt_misc',
      'fusectl',
      'rootfs',
    ],
  ],
]

/**
 * Types through which a path is found in memory, but whose own answer may take for ever: overlay asks the file system
 * of its upper layer, which may be any, and zfs waits while its pool is suspended.
 *
 * What is in neither table depends on a peer: a server in the network (nfs, cifs, ceph, 9p, gfs2 ...), a process
 * (fuse, autofs), the hypervisor (virtiofs), or something that is not known.
 */
const passing: readonly string[] = ['overlay', 'zfs']

const answeringTypes = new Set(answering.flatMap(([, types]) => types))
const passingTypes = new Set([...answeringTypes, ...passing])

/** Whether `statfs` of a file system of this type cannot hang. */
export function answersFromMemory(type: string): boolean {
  return answeringTypes.has(type)
}

/** Whether a path through a file system of this type cannot hang. */
export function passesFromMemory(type: string): boolean {
  return passingTypes.has(type)
}
