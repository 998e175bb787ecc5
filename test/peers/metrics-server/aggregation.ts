import { join } from 'node:path'
import { CertificateMaker } from '#src/testing/certificates.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import type { KubernetesCluster } from '../kubernetes/kubernetes-cluster.ts'

/**
 * What makes the metrics API a part of the API server's own, as in a cluster: the server passes requests on, and shows by a certificate
 * that it is the one who says who asks.
 */
export class Aggregation implements AsyncDisposable {
  readonly #folder: AsyncDisposable & { readonly path: string }

  private constructor(folder: AsyncDisposable & { readonly path: string }) {
    this.#folder = folder
  }

  static async prepare(): Promise<Aggregation> {
    const folder = await temporaryFolder()
    const maker = new CertificateMaker(folder.path)
    await maker.make('front-proxy', { authority: await maker.make('front-proxy-ca') })
    return new Aggregation(folder)
  }

  /** For the API server. */
  get apiServerOptions(): string[] {
    return [
      `--requestheader-client-ca-file=${this.#file('front-proxy-ca.crt')}`,
      '--requestheader-username-headers=X-Remote-User',
      '--requestheader-group-headers=X-Remote-Group',
      '--requestheader-extra-headers-prefix=X-Remote-Extra-',
      `--proxy-client-cert-file=${this.#file('front-proxy.crt')}`,
      `--proxy-client-key-file=${this.#file('front-proxy.key')}`,
    ]
  }

  /** For metrics-server. */
  get metricsServerOptions(): string[] {
    return [`--requestheader-client-ca-file=${this.#file('front-proxy-ca.crt')}`]
  }

  /** Has the API server pass on what is asked of the metrics API. */
  async register(cluster: KubernetesCluster, port: number): Promise<void> {
    await cluster.send('POST', '/api/v1/namespaces/kube-system/services', {
      metadata: { name: 'metrics-server' },
      // Neither endpoints nor addresses of services may be on the loopback, where all runs here.
      spec: { type: 'ExternalName', externalName: 'localhost' },
    })
    await cluster.send('POST', '/apis/apiregistration.k8s.io/v1/apiservices', {
      metadata: { name: 'v1beta1.metrics.k8s.io' },
      spec: {
        group: 'metrics.k8s.io',
        version: 'v1beta1',
        service: { name: 'metrics-server', namespace: 'kube-system', port },
        insecureSkipTLSVerify: true,
        groupPriorityMinimum: 100,
        versionPriority: 100,
      },
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]()
  }

  #file(name: string): string {
    return join(this.#folder.path, name)
  }
}
