import type { Exporter, PipelineContext } from '#src/component/define.ts'
import { located } from '#src/config/located.ts'
import { Secret } from '#src/config/secret.ts'
import { HostFiles } from '#src/host/host-files.ts'
import { nodeName } from '#src/host/node-name.ts'
import { selfSignedCertificate } from '#src/http/self-signed-certificate.ts'
import type { ServerTlsConfig } from '#src/http/server-config.ts'
import { serverSettings, startServer, type RunningServer } from '#src/http/server.ts'
import { compileKubeletClient } from '#src/kubelet/client-config.ts'
import type { Pod } from '#src/kubelet/pod-list.ts'
import type { Summary } from '#src/kubelet/summary.ts'
import type { Batch } from '#src/model/batch.ts'
import type { Source } from '#src/model/source.ts'
import { ApiPods } from './api-pods.ts'
import type { KubeletConfig } from './config.ts'
import { kubeletEndpoints } from './endpoints.ts'
import { KubeletPods } from './kubelet-pods.ts'
import { NodeRows } from './node-rows.ts'
import { nodeSummary } from './node-summary.ts'

/** Holds the latest numbers of a node, its pods and containers, and serves them as a kubelet does. */
export class KubeletExporter implements Exporter {
  readonly #config: KubeletConfig
  readonly #context: PipelineContext
  readonly #nodeName: string
  readonly #rows: NodeRows
  readonly #pods: KubeletPods | ApiPods | undefined
  #since = new Date(0)
  #server: RunningServer | undefined

  constructor(config: KubeletConfig, context: PipelineContext) {
    this.#config = config
    this.#context = context
    this.#nodeName = config.node_name ?? nodeName(new HostFiles())
    this.#rows = new NodeRows({ nodeName: this.#nodeName, expirationMs: config.metric_expiration }, context)
    const { pods, kubernetes } = config
    if (kubernetes !== undefined) this.#pods = new ApiPods(kubernetes, this.#nodeName, context)
    if (pods !== undefined) {
      const client = located(['pods'], () => compileKubeletClient(pods, this.#nodeName, context))
      this.#pods = new KubeletPods(client, pods.timeout)
    }
  }

  get location(): string | undefined {
    return this.#server === undefined ? undefined : `${this.#server.url}/metrics/resource`
  }

  consume(batches: readonly Batch[]): boolean {
    for (const batch of batches) this.#rows.take(batch)
    return true
  }

  forget(source: Source): void {
    this.#rows.forget(source)
  }

  async start(): Promise<void> {
    const { logger, clock, id } = this.#context
    const pods = this.#pods
    this.#since = new Date(clock.now())
    this.#server = await startServer({
      ...serverSettings(this.#config),
      tls: this.#config.plain_http ? undefined : (this.#config.tls ?? this.#ownTls()),
      eitherProof: true,
      openPaths: ['/healthz'],
      handler: kubeletEndpoints({
        summary: (startsOfAll) => this.#summary(startsOfAll),
        pods: pods && (async () => await pods.list()),
        runningPods: this.#config.debug_handlers ? () => this.#runningPods() : undefined,
      }),
      logger,
      name: id,
      clock,
    })
    logger.info('metrics are served as a kubelet does', { url: this.location, node: this.#nodeName })
  }

  async stop(): Promise<void> {
    await this.#server?.close()
    this.#pods?.close()
  }

  /** A certificate for this node, made at each start, as a kubelet without one does. */
  #ownTls(): ServerTlsConfig {
    const { cert, key } = selfSignedCertificate({ name: this.#nodeName, now: this.#context.clock.now() })
    this.#context.logger.info(
      'no certificate is given: one that signs itself is made, which clients cannot verify',
    )
    return {
      cert_pem: cert,
      key_pem: new Secret(key),
      min_version: '1.2',
      max_version: '1.3',
      reload_interval: 0,
    }
  }

  #summary(startsOfAll = false): Summary | undefined {
    const rows = this.#rows.current()
    const identity = { nodeName: this.#nodeName, since: this.#since, startsOfAll }
    return rows.isEmpty ? undefined : nodeSummary(rows, identity)
  }

  /** What a kubelet shows of pods that it learnt from the runtime. */
  #runningPods(): Pod[] {
    const images = new Map(
      this.#rows
        .current()
        .of('container')
        .map(({ subject }) => [
          JSON.stringify([subject.namespace, subject.pod, subject.container]),
          subject.image,
        ]),
    )
    return (this.#summary()?.pods ?? []).map(({ podRef, containers }) => ({
      metadata: { name: podRef.name, namespace: podRef.namespace, uid: podRef.uid, creationTimestamp: null },
      spec: {
        containers: containers.map(({ name }) => ({
          name,
          image: images.get(JSON.stringify([podRef.namespace, podRef.name, name])) ?? '',
          resources: {},
        })),
      },
      status: {},
    }))
  }
}
