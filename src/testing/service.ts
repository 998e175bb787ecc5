import { Collections } from '#src/telemetry/collections.ts'
import { Ledger } from '#src/telemetry/ledger.ts'
import type {
  ComponentStatus,
  ReloadOutcome,
  ServiceView,
  WorkerStatus,
} from '#src/telemetry/service-view.ts'

/** What a test may set of a component. */
type Settable<Type> = { -readonly [Key in keyof Type]: Type[Key] }

/** A service that a test makes up. */
export interface FakeService extends Settable<ServiceView> {
  readonly listed: Settable<ComponentStatus>[]
  reloads: { ok: number; failed: number }
}

/** A component that works; the id is made of the kind where not given. */
export function fakeComponent(
  status: Partial<ComponentStatus> & Pick<ComponentStatus, 'kind'>,
): Settable<ComponentStatus> {
  return {
    id: `test_${status.kind}`,
    state: 'ok',
    since: 1_700_000_000_000,
    ledger: new Ledger(),
    ...(status.kind === 'receiver' ? { collections: new Collections() } : {}),
    ...status,
  }
}

/** A worker thread that works. */
export function fakeWorker(status: Partial<WorkerStatus> = {}): WorkerStatus {
  return {
    worker: 1,
    state: 'ok',
    restarts: 0,
    error: undefined,
    heapUsedBytes: 1e6,
    activeSeconds: 1,
    thread: {},
    ...status,
  }
}

/** A service that runs these components, started at the time of a new `FakeClock`. */
export function fakeService(...components: Settable<ComponentStatus>[]): FakeService {
  const outcome: ReloadOutcome = {
    ok: true,
    changed: false,
    message: 'nothing changed',
    time: 1_700_000_000_000,
  }
  return {
    started: true,
    stopping: false,
    version: '1.2.3',
    startedAt: 1_700_000_000_000,
    loadedAt: 1_700_000_000_000,
    lastReload: undefined,
    reloads: { ok: 0, failed: 0 },
    listed: components,
    components() {
      return this.listed
    },
    workers: () => [],
    refresh: async () => await Promise.resolve(),
    reload: async () => await Promise.resolve(outcome),
  }
}
