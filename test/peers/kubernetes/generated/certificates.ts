import { maybe, type GeneratedKind } from './kind.ts'

/** A request for a certificate and one that answers it, made once by openssl. */
const request = [
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlISk1IRUNBUUF3RHpFTk1Bc0dBMVVFQXd3RWQyVnBjakJa',
  'TUJNR0J5cUdTTTQ5QWdFR0NDcUdTTTQ5QXdFSApBMElBQkxBOXhXQnoxU1RORWRVUXBlcy9YZXZET0daRWxmdHhPcmhEMUNi',
  'SGY1MDVxb2lsejd1K21RUDMxdkZxCjFmLytzWHhDYzdGOXE4WklUbmtjdWVoMUFYZWdBREFLQmdncWhrak9QUVFEQWdOSUFE',
  'QkZBaUVBbCtVSWxIekMKVjNsZHF5SmtXdkJhc2NsbjlOK2ZuN25Zdk5GUjZoOVZ6OTRDSUVBZWFhb3JWSFE1Q0I2QjZub2Vk',
  'T0dVQ2VKMgpkQjlwRDZiZkZzNmJhd0NZCi0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo=',
].join('')
const certificate = [
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJkVENDQVJ1Z0F3SUJBZ0lVQXVvV1diYks3MnVscDdtWktSU3RLd2V3',
  'TmR3d0NnWUlLb1pJemowRUF3SXcKRHpFTk1Bc0dBMVVFQXd3RWQyVnBjakFnRncweU5qRXhNalV3TXpVd05USmFHQTh5TVRJ',
  'Mk1URXdNVEF6TlRBMQpNbG93RHpFTk1Bc0dBMVVFQXd3RWQyVnBjakJaTUJNR0J5cUdTTTQ5QWdFR0NDcUdTTTQ5QXdFSEEw',
  'SUFCTEE5CnhXQnoxU1RORWRVUXBlcy9YZXZET0daRWxmdHhPcmhEMUNiSGY1MDVxb2lsejd1K21RUDMxdkZxMWYvK3NYeEMK',
  'YzdGOXE4WklUbmtjdWVoMUFYZWpVekJSTUIwR0ExVWREZ1FXQkJUNmlEaWRSRmRHNkdtK2VNMnRPT0pxOVJxdwpOakFmQmdO',
  'VkhTTUVHREFXZ0JUNmlEaWRSRmRHNkdtK2VNMnRPT0pxOVJxd05qQVBCZ05WSFJNQkFmOEVCVEFECkFRSC9NQW9HQ0NxR1NN',
  'NDlCQU1DQTBnQU1FVUNJQ20vQ1JjemVzMnZOcDRJMnloRjVvTE1PZDlKOHNLcjVRZFIKR0ZNOVNzUS9BaUVBdWRJZnQrZCtx',
  'eGwzK0VvUDFKUHFZTy85ek82RXAzY3RIdUdEaUk0NG8wbz0KLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=',
].join('')

/** Requests for certificates: some of them approved or denied, some answered. */
export const certificateRequests: GeneratedKind = {
  resource: {
    group: 'certificates.k8s.io',
    version: 'v1',
    name: 'certificatesigningrequests',
    namespaced: false,
  },
  make: (random) => ({
    spec: {
      request,
      signerName: random.pick(['example.org/signer', 'other.example.org/signer']),
      usages: ['digital signature'],
    },
  }),
  approval: (random, object) => {
    const status = object['status'] as { readonly conditions?: unknown }
    // What was decided stays so.
    if (status.conditions !== undefined || random.chance(0.3)) return status
    const type = random.pick(['Approved', 'Denied'])
    return { ...status, conditions: [{ type, status: 'True', reason: 'Because', message: 'said so' }] }
  },
  status: (random, object) => ({
    ...(object['status'] as object),
    ...maybe(random, 0.5, () => ({ certificate })),
  }),
}
