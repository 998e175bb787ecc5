import { sharedLabels } from './attached.ts'
import { describeMetadata, finishLabels, flatLabels, type FlatLabels } from './meta-labels.ts'
import { keyOf, type ObjectFacts, type Role, type Watched } from './role.ts'

/** What is kept of an ingress. */
interface IngressFacts extends ObjectFacts {
  readonly namespace: string
  readonly labels: FlatLabels
  readonly rules: readonly RuleFacts[]
}

interface RuleFacts {
  readonly host: string
  readonly scheme: 'http' | 'https'
  readonly paths: readonly string[]
}

interface IngressObject {
  readonly spec?: {
    readonly ingressClassName?: string
    readonly tls?: readonly { readonly hosts?: readonly string[] }[]
    readonly rules?: readonly {
      readonly host?: string
      readonly http?: { readonly paths?: readonly { readonly path?: string }[] }
    }[]
  }
}

const ingresses: Watched<IngressFacts> = {
  resource: { group: 'networking.k8s.io', version: 'v1', name: 'ingresses', namespaced: true },
  facts(object) {
    const { spec = {} } = object as IngressObject
    const { namespace = '', name } = object.metadata
    const covered = (spec.tls ?? []).flatMap(({ hosts = [] }) => hosts)
    return {
      key: keyOf(namespace, name),
      namespace,
      labels: [
        ...flatLabels({
          __meta_kubernetes_ingress_class_name: spec.ingressClassName,
        }),
        ...describeMetadata('ingress', object),
      ],
      rules: (spec.rules ?? []).map(({ host = '', http }) => ({
        host,
        scheme: covered.some((pattern) => coversHost(pattern, host)) ? 'https' : 'http',
        paths: http?.paths?.map(({ path = '' }) => (path === '' ? '/' : path)) ?? ['/'],
      })),
    }
  },
}

/** Whether a host of a certificate is this one; a `*` at its beginning stands for one label of a name. */
function coversHost(pattern: string, host: string): boolean {
  if (pattern === host) return true
  const dot = host.indexOf('.')
  return dot >= 0 && pattern === `*${host.slice(dot)}`
}

/** A target for each path of each rule of each ingress, at its host. */
export const ingressRole: Role<IngressFacts> = {
  objects: ingresses,
  others: [],
  attachable: ['namespace'],
  selectable: ['ingress'],
  targets({ namespace, labels, rules }, others) {
    const shared = sharedLabels(namespace, others, labels)
    return rules.flatMap(({ host, scheme, paths }) =>
      paths.map((path) => {
        const own = new Map([
          ['__address__', host],
          ['__meta_kubernetes_ingress_scheme', scheme],
          ['__meta_kubernetes_ingress_host', host],
          ['__meta_kubernetes_ingress_path', path],
        ])
        return finishLabels(own, shared)
      }),
    )
  },
}
