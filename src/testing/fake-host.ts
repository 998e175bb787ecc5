import { mkdir, mkdtemp, rename, rm, writeFile, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A folder that looks like the root of a host: two CPUs, of which one runs a guest, two disks, three interfaces. */
export class FakeHost {
  /** The path to give as `root_path`. */
  readonly root: string

  private constructor(root: string) {
    this.root = root
  }

  /** Makes one in the temporary folder; `close` removes it. */
  static async create(files: Readonly<Record<string, string>> = hostFiles): Promise<FakeHost> {
    const host = new FakeHost(await mkdtemp(join(tmpdir(), 'weir-host-')))
    for (const [path, text] of Object.entries(files)) await host.write(path, text)
    return host
  }

  /** Writes a file as the kernel would have it. */
  async write(path: string, text: string): Promise<void> {
    const file = join(this.root, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  }

  /** Makes a symbolic link, to a path or to one of the kernel's own: `net:[4026531840]`. */
  async link(path: string, target: string): Promise<void> {
    const file = join(this.root, path)
    await mkdir(dirname(file), { recursive: true })
    await symlink(target, file)
  }

  /** Takes a file or a folder away. */
  async remove(path: string): Promise<void> {
    await rm(join(this.root, path), { recursive: true, force: true })
  }

  /** Gives a file or a folder another path. */
  async rename(path: string, other: string): Promise<void> {
    await rename(join(this.root, path), join(this.root, other))
  }

  async close(): Promise<void> {
    await rm(this.root, { recursive: true, force: true })
  }
}

/** `/proc/stat` some seconds after that of the fake host. */
export const laterProcStat = `cpu  1226 34 567 90312 123 4 56 17 22 3
cpu0 710 20 300 45100 100 3 40 9 22 3
cpu1 516 14 267 45212 23 1 16 8 0 0
intr 98765 1 2 3
ctxt 200000
btime 1700000000
processes 4300
procs_running 1
procs_blocked 0
softirq 4000 0 1 2 3 4 5 6 7 8 9
`

const procStat = `cpu  1200 30 560 90000 120 4 55 15 20 2
cpu0 700 18 295 45000 98 3 39 8 20 2
cpu1 500 12 265 45000 22 1 16 7 0 0
intr 98700 1 2 3
ctxt 199000
btime 1700000000
processes 4242
procs_running 2
procs_blocked 1
softirq 3900 0 1 2 3 4 5 6 7 8 9
`

const cpuinfo = `processor\t: 0
vendor_id\t: GenuineIntel
cpu MHz\t\t: 2300.125
cache size\t: 266240 KB

processor\t: 1
vendor_id\t: GenuineIntel
cpu MHz\t\t: 800.000
cache size\t: 266240 KB

`

const meminfo = `MemTotal:       16000000 kB
MemFree:         2000000 kB
MemAvailable:    9000000 kB
Buffers:          300000 kB
Cached:          6000000 kB
SwapCached:            0 kB
Active(anon):    4000000 kB
SwapTotal:       2000000 kB
SwapFree:        1500000 kB
Dirty:               128 kB
Shmem:             70000 kB
Slab:             900000 kB
SReclaimable:     600000 kB
SUnreclaim:       300000 kB
HugePages_Total:       8
HugePages_Free:        6
HugePages_Rsvd:        2
HugePages_Surp:        1
Hugepagesize:       2048 kB
DirectMap1G:    14680064 kB
`

const diskstats = `   7       0 loop0 5 0 10 1 0 0 0 0 0 2 1 0 0 0 0 0 0
 259       0 nvme0n1 1000 20 80000 1500 2000 40 160000 2500 3 3000 4100 50 6 700 80 90 110
 259       1 nvme0n1p1 900 10 70000 1400 1900 30 150000 2400 0 2900 3900 0 0 0 0 0 0
   8      16 sdb 18446744073709551615 0 9007199254740993 0 1 0 8 4 0 4 4
`

const netDev = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 5000000    4000    0    0    0     0          0         0  5000000    4000    0    0    0     0       0          0
  eth0: 18446744073709551000 70000    1    2    3     4          5         6  9000000   60000    7    8    9    10      11         12
veth1:     100       2    0    0    0     0          0         0      200       3    0    1    0     0       0          0
`

const tcp = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1528 1 0000000000000000 100 0 0 10 0
   1: 0100007F:0016 0100007F:86B0 01 00000000:00000000 02:000A0000 00000000     0        0 1529 2 0000000000000000 20 4 30 10 -1
   2: 0100007F:0016 0100007F:86B2 06 00000000:00000000 03:00000F72 00000000     0        0 0 3 0000000000000000
   3: 0100007F:0016 0100007F:86B4 0C 00000000:00000000 01:00000F72 00000000     0        0 0 1 0000000000000000
`

const tcp6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1530 1 0000000000000000 100 0 0 10 0
`

/** Attributes of an interface in `/sys/class/net`; where one does not apply, the kernel answers EINVAL, here it is absent. */
const interfaces: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  lo: {
    addr_assign_type: '0',
    address: '00:00:00:00:00:00',
    broadcast: '00:00:00:00:00:00',
    carrier: '1',
    carrier_changes: '0',
    dev_id: '0x0',
    flags: '0x9',
    ifalias: '',
    ifindex: '1',
    mtu: '65536',
    operstate: 'unknown',
    'statistics/rx_nohandler': '0',
    type: '772',
  },
  eth0: {
    addr_assign_type: '0',
    address: '02:fc:00:00:00:01',
    broadcast: 'ff:ff:ff:ff:ff:ff',
    carrier: '1',
    carrier_changes: '2',
    carrier_down_count: '1',
    carrier_up_count: '1',
    dev_id: '0x0',
    dormant: '0',
    duplex: 'full',
    flags: '0x1003',
    ifalias: 'uplink "A"',
    ifindex: '2',
    iflink: '2',
    link_mode: '0',
    mtu: '1500',
    name_assign_type: '4',
    netdev_group: '0',
    operstate: 'up',
    speed: '10000',
    'statistics/rx_nohandler': '17',
    tx_queue_len: '1000',
    type: '1',
  },
  veth1: {
    address: 'be:67:8f:21:d8:08',
    broadcast: 'ff:ff:ff:ff:ff:ff',
    flags: '0x1002',
    ifalias: '',
    ifindex: '3',
    operstate: 'down',
    speed: '-1',
  },
}

function attributes(folder: string, values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`${folder}/${name}`, `${value}\n`]),
  )
}

/** The files of the fake host, by path. */
export const hostFiles: Readonly<Record<string, string>> = {
  '/etc/hostname': 'node-7\n',
  '/proc/stat': procStat,
  '/proc/cpuinfo': cpuinfo,
  '/proc/meminfo': meminfo,
  '/proc/loadavg': '0.50 1.25 2.00 2/345 6789\n',
  '/proc/diskstats': diskstats,
  '/proc/1/net/dev': netDev,
  '/proc/1/net/tcp': tcp,
  '/proc/1/net/tcp6': tcp6,
  '/proc/sys/net/netfilter/nf_conntrack_count': '123\n',
  '/proc/sys/net/netfilter/nf_conntrack_max': '262144\n',
  ...attributes('/sys/devices/system/cpu/cpu0', {
    'topology/core_id': '0',
    'topology/physical_package_id': '0',
    'topology/core_cpus_list': '0-1',
    'thermal_throttle/core_throttle_count': '5',
    'thermal_throttle/package_throttle_count': '7',
  }),
  ...attributes('/sys/devices/system/cpu/cpu1', {
    'topology/core_id': '0',
    'topology/physical_package_id': '0',
    'topology/core_cpus_list': '0-1',
    'thermal_throttle/core_throttle_count': '5',
    'thermal_throttle/package_throttle_count': '7',
  }),
  '/sys/devices/system/cpu/isolated': '1\n',
  '/sys/class/net/bonding_masters': 'bond0\n',
  ...Object.fromEntries(
    Object.entries(interfaces).flatMap(([name, values]) =>
      Object.entries(attributes(`/sys/class/net/${name}`, values)),
    ),
  ),
  '/run/udev/data/b259:0': `S:disk/by-id/nvme-x
E:ID_SERIAL_SHORT=S1
E:ID_MODEL=Model 1
E:ID_WWN=eui.1
E:ID_PATH=pci-0000:00:1f.0
E:ID_REVISION=R2
E:ID_FS_TYPE=LVM2_member
E:ID_FS_USAGE=raid
E:ID_FS_UUID=u-1
E:ID_FS_VERSION=LVM2 001
E:DM_NAME=vg-root
E:DM_UUID=LVM-1
E:DM_VG_NAME=vg
E:DM_LV_NAME=root
`,
  '/run/udev/data/b8:16': `E:ID_ATA=1
E:ID_ATA_WRITE_CACHE=1
E:ID_ATA_WRITE_CACHE_ENABLED=0
E:ID_ATA_ROTATION_RATE_RPM=7200
`,
}
