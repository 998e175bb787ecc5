import { metric, type Naming } from '#src/naming/metric.ts'

/** What tells a machine from others: its installation, its board, its boot. */
const by = ['machine', 'system', 'boot'] as const

type Identity = (typeof by)[number]

const named = (name: string, description: string): Naming<Identity> => ({
  name: `machine_${name}`,
  kind: 'gauge',
  description,
  machine: 'machine_id',
  system: 'system_uuid',
  boot: 'boot_id',
})

export const logicalCpus = metric({
  fact: 'logical CPUs that are online',
  source: '/proc/stat',
  by,
  prometheus: named('cpu_cores', 'Number of logical CPU cores.'),
})

export const physicalCores = metric({
  fact: 'cores',
  source: '/proc/cpuinfo, else /sys/devices/system/cpu: pairs of socket and core',
  by,
  prometheus: named('cpu_physical_cores', 'Number of physical CPU cores.'),
})

export const sockets = metric({
  fact: 'sockets',
  source: 'as above',
  by,
  prometheus: named('cpu_sockets', 'Number of CPU sockets.'),
})

export const installedMemory = metric({
  fact: 'bytes of memory',
  source: '/proc/meminfo MemTotal',
  by,
  prometheus: named('memory_bytes', 'Amount of memory installed on the machine.'),
})

export const installedSwap = metric({
  fact: 'bytes of swap',
  source: '/proc/meminfo SwapTotal',
  by,
  prometheus: named('swap_bytes', 'Amount of swap memory available on the machine.'),
})

/** What the kubelet's cAdvisor cannot measure as it is built, and shows as 0. */
export const neverMeasured = metric({
  fact: "0: what the kubelet's cAdvisor is built without",
  source: 'nothing: persistent memory, and the books and drawers of s390x',
  by: [...by, 'quantity'],
  prometheus: [
    { ...named('cpu_books', 'Number of CPU books.'), where: { quantity: 'books' } },
    { ...named('cpu_drawers', 'Number of CPU drawers.'), where: { quantity: 'drawers' } },
    {
      ...named('nvm_capacity', 'NVM capacity value labeled by NVM mode (memory mode or app direct mode).'),
      where: { quantity: ['memory_mode', 'app_direct_mode'] },
      quantity: 'mode',
    },
    {
      ...named('nvm_avg_power_budget_watts', 'NVM power budget.'),
      where: { quantity: 'power_budget' },
    },
  ],
})

export const machineScrapeError = metric({
  fact: '1 where the machine could not be measured in the last cycle, else 0',
  source: 'whether a file could not be read',
  by: [],
  prometheus: {
    name: 'machine_scrape_error',
    kind: 'gauge',
    description: '1 if there was an error while getting machine metrics, 0 otherwise.',
  },
})

export const machineNames = [
  logicalCpus,
  physicalCores,
  sockets,
  installedMemory,
  installedSwap,
  neverMeasured,
  machineScrapeError,
]
