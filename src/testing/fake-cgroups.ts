/** The files of a cgroup of version 2 that has all controllers, by name. Limits: half a CPU, 256 MiB, 100 tasks. */
export const unifiedCgroup: Readonly<Record<string, string>> = {
  'cgroup.procs': '101\n102\n',
  'cgroup.events': 'populated 1\nfrozen 0\n',
  'cpu.stat':
    'usage_usec 12500000\nuser_usec 9000000\nsystem_usec 3500000\nnr_periods 400\nnr_throttled 25\nthrottled_usec 1250000\nnr_bursts 2\nburst_usec 3000\n',
  'cpu.max': '50000 100000\n',
  'cpu.weight': '39\n',
  'memory.current': '67108864\n',
  'memory.peak': '71303168\n',
  'memory.max': '268435456\n',
  'memory.low': '0\n',
  'memory.swap.current': '4096\n',
  'memory.swap.max': 'max\n',
  'memory.events': 'low 0\nhigh 3\nmax 4\noom 1\noom_kill 1\noom_group_kill 0\n',
  'memory.stat':
    'anon 30000000\nfile 25000000\nfile_mapped 5000000\nfile_dirty 8192\nfile_writeback 4096\ninactive_file 7108864\nactive_file 17000000\nworkingset_refault_anon 5\nworkingset_refault_file 6\npgscan 700\npgsteal 600\npgfault 90000\npgmajfault 12\n',
  'io.stat':
    '259:0 rbytes=1048576 wbytes=2097152 rios=64 wios=128 dbytes=0 dios=0 cost.usage=15 cost.wait=2 cost.indebt=0 cost.indelay=0\n8:16\n',
  'pids.current': '7\n',
  'pids.max': '100\n',
  'cpu.pressure':
    'some avg10=0.50 avg60=0.10 avg300=0.00 total=2500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=1000000\n',
  'memory.pressure':
    'some avg10=0.00 avg60=0.00 avg300=0.00 total=300000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=200000\n',
  'io.pressure':
    'some avg10=0.00 avg60=0.00 avg300=0.00 total=50000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=40000\n',
  'hugetlb.2MB.current': '2097152\n',
  'hugetlb.2MB.rsvd.current': '4194304\n',
  'hugetlb.2MB.events': 'max 1\n',
}

/** Files of the root of version 2, which has no usage, no limits and no tasks of its own. */
export const unifiedRoot: Readonly<Record<string, string>> = {
  'cgroup.controllers': 'cpuset cpu io memory hugetlb pids\n',
  'cgroup.procs': '1\n2\n3\n',
  'cpu.stat': 'usage_usec 900000000\nuser_usec 600000000\nsystem_usec 300000000\n',
  'memory.stat':
    'anon 3000000000\nfile 2500000000\nfile_mapped 5000000\ninactive_file 1500000000\nactive_file 900000000\npgfault 9000000\npgmajfault 1200\n',
  'io.stat': '259:0 rbytes=10485760 wbytes=20971520 rios=640 wios=1280 dbytes=0 dios=0\n',
}

/** The same cgroup in version 1, by controller and name. */
export const firstCgroup: Readonly<Record<string, string>> = {
  'cpu/cpu.stat': 'nr_periods 400\nnr_throttled 25\nthrottled_time 1250000000\n',
  'cpu/cpu.cfs_quota_us': '50000\n',
  'cpu/cpu.cfs_period_us': '100000\n',
  'cpu/cpu.shares': '1024\n',
  'cpuacct/cpuacct.usage': '12500000000\n',
  'cpuacct/cpuacct.stat': 'user 900\nsystem 350\n',
  'cpuacct/cpuacct.usage_percpu': '6500000000 6000000000 \n',
  'memory/cgroup.clone_children': '0\n',
  'memory/cgroup.procs': '101\n102\n',
  'memory/memory.usage_in_bytes': '67108864\n',
  'memory/memory.max_usage_in_bytes': '71303168\n',
  'memory/memory.limit_in_bytes': '268435456\n',
  'memory/memory.memsw.limit_in_bytes': '9223372036854771712\n',
  'memory/memory.soft_limit_in_bytes': '9223372036854771712\n',
  'memory/memory.kmem.usage_in_bytes': '1048576\n',
  'memory/memory.failcnt': '4\n',
  'memory/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n',
  'memory/memory.stat':
    'cache 1000\nrss 2000\nmapped_file 300\nswap 0\npgfault 80000\npgmajfault 11\ninactive_file 400\nactive_file 500\nhierarchical_memory_limit 268435456\ntotal_cache 25000000\ntotal_rss 30000000\ntotal_mapped_file 5000000\ntotal_swap 4096\ntotal_pgfault 90000\ntotal_pgmajfault 12\ntotal_inactive_file 7108864\ntotal_active_file 17000000\n',
  'blkio/blkio.throttle.io_service_bytes_recursive':
    '259:0 Read 1048576\n259:0 Write 2097152\n259:0 Sync 3145728\n259:0 Async 0\n259:0 Discard 0\n259:0 Total 3145728\nTotal 3145728\n',
  'blkio/blkio.throttle.io_serviced_recursive':
    '259:0 Read 64\n259:0 Write 128\n259:0 Sync 192\n259:0 Async 0\n259:0 Discard 0\n259:0 Total 192\nTotal 192\n',
  'pids/pids.current': '7\n',
  'pids/pids.max': '100\n',
  'pids/cgroup.procs': '101\n102\n',
  'hugetlb/hugetlb.2MB.usage_in_bytes': '2097152\n',
  'hugetlb/hugetlb.2MB.max_usage_in_bytes': '4194304\n',
  'hugetlb/hugetlb.2MB.failcnt': '1\n',
}

/** Files of a cgroup of version 2 at a path, as a fake host takes them. */
export function unifiedFiles(
  path: string,
  files: Readonly<Record<string, string>> = unifiedCgroup,
  folder = '/sys/fs/cgroup',
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => [`${folder}${path === '/' ? '' : path}/${name}`, text]),
  )
}

/** Files of a cgroup of version 1 at a path: each controller has a folder of its own. */
export function firstFiles(
  path: string,
  files: Readonly<Record<string, string>> = firstCgroup,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => {
      const [controller = '', file = ''] = name.split('/')
      return [`/sys/fs/cgroup/${controller}${path === '/' ? '' : path}/${file}`, text]
    }),
  )
}

/** A host of version 2, with devices and huge pages, and cgroups that are all alike. */
export function unifiedHost(paths: readonly string[]): Record<string, string> {
  return Object.assign(
    { ...hostFiles },
    unifiedFiles('/', unifiedRoot),
    ...paths.map((path) => unifiedFiles(path)),
  )
}

/** A host of version 1. */
export function firstHost(paths: readonly string[]): Record<string, string> {
  return Object.assign({ ...hostFiles }, firstFiles('/'), ...paths.map((path) => firstFiles(path)))
}

/** A host of version 1 that has version 2 besides, without controllers: what systemd calls hybrid. */
export function hybridHost(paths: readonly string[]): Record<string, string> {
  return { ...firstHost(paths), '/sys/fs/cgroup/unified/cgroup.controllers': '\n' }
}

/** What a process sees of the network: an interface that has received so many bytes, and the loopback. */
function netDev(received: string): string {
  const headings =
    'Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n'
  return `${headings}  eth0: ${received} 10 1 2 0 0 0 0 2000 20 3 4 0 0 0 0\n    lo: 5 5${' 0'.repeat(14)}\n`
}

const hostFiles: Readonly<Record<string, string>> = {
  '/etc/hostname': 'node-7\n',
  '/etc/machine-id': '3d1219c7c4c5404aaa1f6d2a48adfda4\n',
  '/proc/sys/kernel/random/boot_id': '3d119ad2-7bcc-434e-a0ec-c98308cfb5fe\n',
  '/sys/class/dmi/id/product_uuid': 'a3b0d3c9-2f0f-4a52-9a5e-0d3c6e1f7a11\n',
  '/proc/stat':
    'cpu  1200 30 560 90000 120 4 55 15 20 2\ncpu0 700 18 295 45000 98 3 39 8 20 2\ncpu1 500 12 265 45000 22 1 16 7 0 0\nbtime 1700000000\n',
  '/proc/cpuinfo':
    'processor\t: 0\nphysical id\t: 0\ncore id\t\t: 0\n\nprocessor\t: 1\nphysical id\t: 0\ncore id\t\t: 0\n',
  '/proc/1/net/dev': netDev('9000'),
  '/proc/101/net/dev': netDev('1000'),
  '/proc/101/limits':
    'Limit                     Soft Limit           Hard Limit           Units     \nMax open files            1024                 1048576              files     \n',
  '/proc/diskstats':
    ' 259       0 nvme0n1 1000 20 80000 1500 2000 40 160000 2500 3 3000 4100 50 6 700 80 90 110\n',
  '/proc/meminfo': 'MemTotal:       16000000 kB\nSwapTotal:       2000000 kB\nSwapFree:        1500000 kB\n',
  '/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages': '8\n',
}
