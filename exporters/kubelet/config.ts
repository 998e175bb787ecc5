import { ConfigError } from '#src/config/config-error.ts'
import { located } from '#src/config/located.ts'
import { Duration, Options, Type, type Static } from '#src/config/schema.ts'
import { serverProperties } from '#src/http/server-config.ts'
import { validateServerTls } from '#src/http/tls-files.ts'
import { clusterProperties } from '#src/kubernetes/cluster-config.ts'
import { kubeletClientProperties } from '#src/kubelet/client-config.ts'

/** The options of `kubelet`. */
export const Config = Options({
  ...serverProperties,
  plain_http: Type.Boolean({
    description:
      "Serves HTTP instead of HTTPS, as the kubelet's read-only port does. Without it and without `tls` a certificate is made at the start.",
    default: false,
  }),
  node_name: Type.Optional(
    Type.String({
      description:
        'The node that is told about: series that name another one are left out. The variable K8S_NODE_NAME or NODE_NAME where absent, else the name of the host.',
      minLength: 1,
    }),
  ),
  metric_expiration: Duration({
    description: 'How long a number is served after its last sample. 0 is for ever.',
    default: '2m',
  }),
  pods: Type.Optional(
    Options(
      {
        ...kubeletClientProperties,
        timeout: Duration({ description: 'How long an answer of the kubelet may take.', default: '10s' }),
      },
      { description: 'Serves `/pods` too: what the kubelet there says.' },
    ),
  ),
  kubernetes: Type.Optional(
    Options(clusterProperties, {
      description:
        'Serves `/pods` too: what the API server says of the pods of the node. Its role needs list and watch of pods.',
    }),
  ),
  debug_handlers: Type.Boolean({
    description: 'Serves `/runningpods/` too: the pods that the numbers are about.',
    default: false,
  }),
})

export type KubeletConfig = Static<typeof Config>

/** Throws a `ConfigError` for options that do not go together. */
export function checkConfig({ tls, plain_http, pods, kubernetes }: KubeletConfig): void {
  if (pods !== undefined && kubernetes !== undefined)
    throw new ConfigError(
      'the pods come from a kubelet or from the API server: of pods and kubernetes only one can be',
      ['kubernetes'],
    )
  if (tls === undefined) return
  if (plain_http)
    throw new ConfigError('serves without TLS: of plain_http and tls only one can hold', ['plain_http'])
  located(['tls'], () => validateServerTls(tls))
}
