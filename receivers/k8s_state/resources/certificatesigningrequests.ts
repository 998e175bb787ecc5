import type { V1CertificateSigningRequest } from '@kubernetes/client-node'
import type { ApiObject } from '#src/kubernetes/wire.ts'
import { labelFact } from '../label-fact.ts'
import { numberFact } from '../number-fact.ts'
import { created } from '../shared-families.ts'
import { family, stateResource } from '../state-resource.ts'

type CertificateSigningRequest = ApiObject<V1CertificateSigningRequest>
const of = family<CertificateSigningRequest>()

/** CertificateSigningRequests, as `kube_certificatesigningrequest_*`. */
export const certificateSigningRequests = stateResource<CertificateSigningRequest>({
  resource: {
    group: 'certificates.k8s.io',
    version: 'v1',
    name: 'certificatesigningrequests',
    namespaced: false,
  },
  byDefault: true,
  prefix: 'kube_certificatesigningrequest',
  label: 'certificatesigningrequest',
  attribute: 'k8s.certificatesigningrequest',
  labels: ({ spec }) => ['signer_name', spec?.signerName ?? ''],
  families: [
    created('kube_certificatesigningrequest'),
    of(
      labelFact({
        fact: 'how often it was approved or denied or has failed',
        source: 'status.conditions',
        prometheus: 'kube_certificatesigningrequest_condition',
        labels: ['condition'],
      }),
      ({ status }, add) => {
        const conditions = status?.conditions ?? []
        for (const each of ['Approved', 'Denied', 'Failed'])
          add(conditions.filter(({ type }) => type === each).length, { condition: each.toLowerCase() })
      },
    ),
    of(
      numberFact({
        fact: 'bytes of the certificate that was issued',
        source: 'status.certificate',
        prometheus: 'kube_certificatesigningrequest_cert_length',
      }),
      ({ status }) => Buffer.byteLength(status?.certificate ?? '', 'base64'),
    ),
  ],
})
