import { internedCounts } from '#src/model/attribute-set.ts'
import { attributesOf, each, eachReason, eachSource, single, type OwnMetric } from './own-metric.ts'
import { componentStates } from './service-view.ts'

const component = ['component']
const processor = ['component', 'pipeline']
const source = ['component', 'source']

/** Every metric that Weir has of itself. docs/telemetry.md shows this table. */
export const ownMetrics: readonly OwnMetric[] = [
  {
    name: 'weir_receiver_accepted_points',
    unit: '{point}',
    description: 'Data points that the pipelines took from the receiver.',
    kind: 'counter',
    attributes: component,
    level: 'basic',
    read: each('receiver', (ledger) => ledger.accepted),
  },
  {
    name: 'weir_receiver_refused_points',
    unit: '{point}',
    description: 'Data points that every pipeline refused: a skipped cycle, or left with the sender.',
    kind: 'counter',
    attributes: component,
    level: 'basic',
    read: each('receiver', (ledger) => ledger.refused),
  },
  {
    name: 'weir_receiver_dropped_points',
    unit: '{point}',
    description: 'Data points that the receiver got and left out.',
    kind: 'counter',
    attributes: [...component, 'reason'],
    level: 'basic',
    read: eachReason('receiver', (ledger) => ledger.dropped),
  },
  {
    name: 'weir_processor_accepted_points',
    unit: '{point}',
    description: 'Data points that the processor took.',
    kind: 'counter',
    attributes: processor,
    level: 'basic',
    read: each('processor', (ledger) => ledger.accepted),
  },
  {
    name: 'weir_processor_refused_points',
    unit: '{point}',
    description: 'Data points that the processor did not take.',
    kind: 'counter',
    attributes: processor,
    level: 'basic',
    read: each('processor', (ledger) => ledger.refused),
  },
  {
    name: 'weir_processor_dropped_points',
    unit: '{point}',
    description: 'Data points that the processor left out.',
    kind: 'counter',
    attributes: [...processor, 'reason'],
    level: 'basic',
    read: eachReason('processor', (ledger) => ledger.dropped),
  },
  {
    name: 'weir_exporter_accepted_points',
    unit: '{point}',
    description: 'Data points that the exporter took.',
    kind: 'counter',
    attributes: component,
    level: 'basic',
    read: each('exporter', (ledger) => ledger.accepted),
  },
  {
    name: 'weir_exporter_refused_points',
    unit: '{point}',
    description: 'Data points that the exporter did not take.',
    kind: 'counter',
    attributes: component,
    level: 'basic',
    read: each('exporter', (ledger) => ledger.refused),
  },
  {
    name: 'weir_exporter_restored_points',
    unit: '{point}',
    description: 'Data points found in the durable queue at the start.',
    kind: 'counter',
    attributes: component,
    level: 'basic',
    read: each('exporter', (ledger) => ledger.restored),
  },
  {
    name: 'weir_exporter_delivered_points',
    unit: '{point}',
    description: 'Data points that the peer has, or that lie where it finds them.',
    kind: 'counter',
    attributes: component,
    level: 'basic',
    read: each('exporter', (ledger) => ledger.delivered),
  },
  {
    name: 'weir_exporter_rejected_points',
    unit: '{point}',
    description: 'Data points that the peer refused for good.',
    kind: 'counter',
    attributes: [...component, 'reason'],
    level: 'basic',
    read: eachReason('exporter', (ledger) => ledger.rejected),
  },
  {
    name: 'weir_exporter_dropped_points',
    unit: '{point}',
    description: 'Data points that the exporter took and gave up.',
    kind: 'counter',
    attributes: [...component, 'reason'],
    level: 'basic',
    read: eachReason('exporter', (ledger) => ledger.dropped),
  },
  {
    name: 'weir_exporter_queued_points',
    unit: '{point}',
    description: 'Data points taken and not settled yet, in flight included.',
    kind: 'gauge',
    attributes: component,
    level: 'basic',
    read: each('exporter', (ledger) => ledger.queued),
  },
  {
    name: 'weir_exporter_imbalance_points',
    unit: '{point}',
    description: 'accepted + restored - delivered - rejected - dropped - queued: 0, or Weir has a bug.',
    kind: 'gauge',
    attributes: component,
    level: 'basic',
    read: each('exporter', (ledger) => ledger.imbalance),
  },
  {
    name: 'weir_component_state',
    unit: '1',
    description: '1 for the state that the component is in, 0 for the others.',
    kind: 'gauge',
    attributes: ['kind', 'component', 'pipeline', 'state'],
    level: 'normal',
    *read({ service }) {
      for (const status of service.components()) {
        for (const state of componentStates) {
          yield {
            value: status.state === state ? 1 : 0,
            attributes: { kind: status.kind, ...attributesOf(status), state },
          }
        }
      }
    },
  },
  {
    name: 'weir_component_last_activity_timestamp_seconds',
    unit: 's',
    description: 'Unix time when data last moved through the component.',
    kind: 'gauge',
    attributes: ['kind', 'component', 'pipeline'],
    level: 'normal',
    *read({ service }) {
      for (const status of service.components()) {
        if (status.lastActivity === undefined) continue
        yield {
          value: status.lastActivity / 1000,
          attributes: { kind: status.kind, ...attributesOf(status) },
        }
      }
    },
  },
  {
    name: 'weir_collections',
    unit: '{collection}',
    description: 'Collection cycles of the source.',
    kind: 'counter',
    attributes: source,
    level: 'normal',
    read: eachSource((totals) => [[{}, totals.collections]]),
  },
  {
    name: 'weir_collection_errors',
    unit: '{collection}',
    description: 'Collection cycles that failed.',
    kind: 'counter',
    attributes: [...source, 'reason'],
    level: 'normal',
    read: eachSource(({ errors }) => [...errors].map(([reason, count]) => [{ reason }, count])),
  },
  {
    name: 'weir_collection_duration_seconds',
    unit: 's',
    description: 'Time that all collection cycles of the source took.',
    kind: 'counter',
    attributes: source,
    level: 'normal',
    read: eachSource((totals) => [[{}, totals.durationMs / 1000]]),
  },
  {
    name: 'weir_collection_last_duration_seconds',
    unit: 's',
    description: 'Time that the last collection cycle of the source took.',
    kind: 'gauge',
    attributes: source,
    level: 'normal',
    read: eachSource((totals) => [[{}, totals.lastDurationMs / 1000]]),
  },
  {
    name: 'weir_collection_series',
    unit: '{series}',
    description: 'Live series of the source.',
    kind: 'gauge',
    attributes: source,
    level: 'normal',
    read: eachSource((totals) => [[{}, totals.series]]),
  },
  {
    name: 'weir_collection_churned_series',
    unit: '{series}',
    description: 'Series of the source that came or went.',
    kind: 'counter',
    attributes: source,
    level: 'normal',
    read: eachSource((totals) => [[{}, totals.churn]]),
  },
  {
    name: 'weir_config_last_reload_successful',
    unit: '1',
    description: 'Whether the last reload worked; 1 before the first.',
    kind: 'gauge',
    attributes: [],
    level: 'basic',
    read: single(({ service }) => (service.lastReload?.ok === false ? 0 : 1)),
  },
  {
    name: 'weir_config_last_reload_success_timestamp_seconds',
    unit: 's',
    description: 'Unix time when a configuration was last read and found good.',
    kind: 'gauge',
    attributes: [],
    level: 'basic',
    read: single(({ service }) => service.loadedAt / 1000),
  },
  {
    name: 'weir_config_reloads',
    unit: '{reload}',
    description: 'Reloads, by what came of them: ok or failed.',
    kind: 'counter',
    attributes: ['outcome'],
    level: 'basic',
    *read({ service: { reloads } }) {
      yield { value: reloads.ok, attributes: { outcome: 'ok' } }
      yield { value: reloads.failed, attributes: { outcome: 'failed' } }
    },
  },
  {
    name: 'weir_build_info',
    unit: '1',
    description: 'The version of Weir and of the Node that runs it; the value is 1.',
    kind: 'gauge',
    attributes: ['version', 'node_version'],
    level: 'basic',
    *read({ service }) {
      yield { value: 1, attributes: { version: service.version, node_version: process.versions.node } }
    },
  },
  {
    name: 'weir_process_uptime_seconds',
    unit: 's',
    description: 'Time since the process started.',
    kind: 'counter',
    attributes: [],
    level: 'basic',
    read: single(({ process }) => process.uptimeSeconds),
  },
  {
    name: 'weir_process_cpu_seconds',
    unit: 's',
    description: 'CPU time that the process used, all threads together.',
    kind: 'counter',
    attributes: ['mode'],
    level: 'basic',
    *read({ process: { userSeconds, systemSeconds } }) {
      yield { value: userSeconds, attributes: { mode: 'user' } }
      yield { value: systemSeconds, attributes: { mode: 'system' } }
    },
  },
  {
    name: 'weir_process_resident_memory_bytes',
    unit: 'By',
    description: 'Resident memory of the process.',
    kind: 'gauge',
    attributes: [],
    level: 'basic',
    read: single(({ process }) => process.residentBytes),
  },
  {
    name: 'weir_process_heap_used_bytes',
    unit: 'By',
    description: 'Memory that JavaScript objects use.',
    kind: 'gauge',
    attributes: [],
    level: 'normal',
    read: single(({ process }) => process.heapUsedBytes),
  },
  {
    name: 'weir_process_heap_total_bytes',
    unit: 'By',
    description: 'Memory that is set aside for JavaScript objects.',
    kind: 'gauge',
    attributes: [],
    level: 'normal',
    read: single(({ process }) => process.heapTotalBytes),
  },
  {
    name: 'weir_process_external_memory_bytes',
    unit: 'By',
    description: 'Memory outside the heap that JavaScript objects hold: buffers, columns, WebAssembly.',
    kind: 'gauge',
    attributes: [],
    level: 'normal',
    read: single(({ process }) => process.externalBytes),
  },
  {
    name: 'weir_process_event_loop_delay_seconds',
    unit: 's',
    description: 'How late the event loop was over the last window of at least 15 s: p50, p99 and max.',
    kind: 'gauge',
    attributes: ['statistic'],
    level: 'normal',
    *read({ process: { eventLoopDelaySeconds } }) {
      for (const [statistic, value] of Object.entries(eventLoopDelaySeconds)) {
        yield { value, attributes: { statistic } }
      }
    },
  },
  {
    name: 'weir_process_event_loop_active_seconds',
    unit: 's',
    description:
      'Time that the event loop worked rather than waited: its rate is the share of one core in use.',
    kind: 'counter',
    attributes: [],
    level: 'normal',
    read: single(({ process }) => process.eventLoopActiveSeconds),
  },
  {
    name: 'weir_process_open_file_descriptors',
    unit: '{descriptor}',
    description: 'Open files and sockets of the process; absent where the system does not tell.',
    kind: 'gauge',
    attributes: [],
    level: 'normal',
    read: single(({ process }) => process.openFileDescriptors),
  },
  {
    name: 'weir_interned_attribute_sets',
    unit: '{set}',
    description: 'Attribute sets in the table that all series share.',
    kind: 'gauge',
    attributes: [],
    level: 'detailed',
    read: single(() => internedCounts().sets),
  },
  {
    name: 'weir_interned_texts',
    unit: '{text}',
    description: 'Texts in the table that all attribute sets share.',
    kind: 'gauge',
    attributes: [],
    level: 'detailed',
    read: single(() => internedCounts().texts),
  },
]
