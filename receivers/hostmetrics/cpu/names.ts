import { metric } from '#src/naming/metric.ts'

const mode = {
  otel: { as: 'state', values: { iowait: 'wait', irq: 'interrupt' } },
  semconv: { as: 'cpu.mode', values: { irq: 'interrupt', softirq: 'interrupt' } },
} as const
const cpu = {
  otel: { as: 'cpu', prefix: 'cpu' },
  semconv: { as: 'cpu.logical_number', integer: true },
} as const

export const cpuTime = metric({
  fact: 'seconds spent by each logical CPU in each mode, since boot; user and nice include guests',
  source: '/proc/stat, in ticks of USER_HZ',
  by: ['cpu', 'mode'],
  otel: {
    name: 'system.cpu.time',
    unit: 's',
    kind: 'counter',
    description: 'Total seconds each logical CPU spent on each mode.',
    cpu: cpu.otel,
    mode: mode.otel,
  },
  semconv: {
    name: 'system.cpu.time',
    unit: 's',
    kind: 'counter',
    description: 'Seconds each logical CPU spent on each mode.',
    cpu: cpu.semconv,
    mode: mode.semconv,
  },
  prometheus: {
    name: 'node_cpu_seconds_total',
    kind: 'counter',
    description: 'Seconds the CPUs spent in each mode.',
    cpu: 'cpu',
    mode: 'mode',
  },
})

export const cpuGuestTime = metric({
  fact: 'seconds spent by each logical CPU in guests, since boot, by the mode that includes them',
  source: '/proc/stat, in ticks of USER_HZ',
  by: ['cpu', 'mode'],
  prometheus: {
    name: 'node_cpu_guest_seconds_total',
    kind: 'counter',
    description: 'Seconds the CPUs spent in guests (VMs) for each mode.',
    cpu: 'cpu',
    mode: 'mode',
  },
})

export const cpuTimeApart = metric({
  fact: 'seconds spent by each logical CPU in each mode, since boot; guests are a mode of their own',
  source: '/proc/stat, in ticks of USER_HZ; guest time is taken out of user and nice',
  by: ['cpu', 'mode'],
  vm: {
    name: 'vm_node_cpu_seconds_total',
    kind: 'counter',
    description: 'Seconds each logical CPU spent in each mode.',
    cpu: 'cpu',
    mode: 'mode',
  },
})

export const cpuShare = metric({
  fact: 'share of each mode in the time of a logical CPU since the last cycle, 0 to 1; user and nice include guests',
  source: 'differences of /proc/stat, divided by their sum over the modes',
  by: ['cpu', 'mode'],
  otel: {
    name: 'system.cpu.utilization',
    unit: '1',
    kind: 'gauge',
    enabled: false,
    description:
      'Difference in system.cpu.time since the last measurement per logical CPU, divided by the elapsed time (value in interval [0,1]).',
    cpu: cpu.otel,
    mode: mode.otel,
  },
  semconv: {
    name: 'system.cpu.utilization',
    unit: '1',
    kind: 'gauge',
    enabled: false,
    description:
      'For each logical CPU, the change in cumulative CPU time over a measurement interval, divided by the elapsed time.',
    cpu: cpu.semconv,
    mode: mode.semconv,
  },
})

export const cpuShareApart = metric({
  fact: 'share of each mode in the time of a logical CPU since the last cycle, 0 to 1; guests are a mode of their own',
  source: 'differences of /proc/stat, divided by their sum over the modes',
  by: ['cpu', 'mode'],
  vm: {
    name: 'vm_node_cpu_usage_percent',
    kind: 'gauge',
    scale: 100,
    description: 'Percentage of the time of each logical CPU spent in each mode since the last collection.',
    cpu: 'cpu',
    mode: 'mode',
  },
})

export const cpuCount = metric({
  fact: 'number of logical CPUs that are online',
  source: '/proc/stat',
  by: [],
  otel: {
    name: 'system.cpu.logical.count',
    unit: '{cpu}',
    kind: 'updowncounter',
    integer: true,
    enabled: false,
    description: 'Number of available logical CPUs.',
  },
  semconv: {
    name: 'system.cpu.logical.count',
    unit: '{cpu}',
    kind: 'updowncounter',
    integer: true,
    enabled: false,
    description: 'Number of logical (virtual) processor cores that the operating system made.',
  },
})

export const coreCount = metric({
  fact: 'number of processor cores',
  source: '/sys/devices/system/cpu/cpu*/topology: different lists of siblings',
  by: [],
  otel: {
    name: 'system.cpu.physical.count',
    unit: '{cpu}',
    kind: 'updowncounter',
    integer: true,
    enabled: false,
    description: 'Number of available physical CPUs.',
  },
  semconv: {
    name: 'system.cpu.physical.count',
    unit: '{cpu}',
    kind: 'updowncounter',
    integer: true,
    enabled: false,
    description: 'Number of actual physical processor cores on the hardware.',
  },
})

export const cpuFrequency = metric({
  fact: 'current frequency of each logical CPU in Hz',
  source: '/proc/cpuinfo, MHz',
  by: ['cpu'],
  otel: {
    name: 'system.cpu.frequency',
    unit: 'Hz',
    kind: 'gauge',
    enabled: false,
    description: 'Current frequency of the CPU core in Hz.',
    cpu: cpu.otel,
  },
  semconv: {
    name: 'system.cpu.frequency',
    unit: 'Hz',
    kind: 'gauge',
    integer: true,
    enabled: false,
    description: 'Operating frequency of the logical CPU in Hertz.',
    cpu: cpu.semconv,
  },
})

export const coreThrottles = metric({
  fact: 'times a core was throttled because of its temperature, since boot',
  source: '/sys/devices/system/cpu/cpu*/thermal_throttle/core_throttle_count',
  by: ['package', 'core'],
  prometheus: {
    name: 'node_cpu_core_throttles_total',
    kind: 'counter',
    description: 'Number of times this CPU core has been throttled.',
    package: 'package',
    core: 'core',
  },
})

export const packageThrottles = metric({
  fact: 'times a package was throttled because of its temperature, since boot',
  source: '/sys/devices/system/cpu/cpu*/thermal_throttle/package_throttle_count',
  by: ['package'],
  prometheus: {
    name: 'node_cpu_package_throttles_total',
    kind: 'counter',
    description: 'Number of times this CPU package has been throttled.',
    package: 'package',
  },
})

export const cpuIsolated = metric({
  fact: '1 for each CPU that the scheduler leaves alone',
  source: '/sys/devices/system/cpu/isolated',
  by: ['cpu'],
  prometheus: {
    name: 'node_cpu_isolated',
    kind: 'gauge',
    description: 'Whether each core is isolated, information from /sys/devices/system/cpu/isolated.',
    cpu: 'cpu',
  },
})

export const cpuNames = [
  cpuTime,
  cpuGuestTime,
  cpuTimeApart,
  cpuShare,
  cpuShareApart,
  cpuCount,
  coreCount,
  cpuFrequency,
  coreThrottles,
  packageThrottles,
  cpuIsolated,
]
