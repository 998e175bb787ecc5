import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { certificateSigningRequests } from './certificatesigningrequests.ts'

const request = {
  metadata: { name: 'csr-1', uid: 'q1', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { signerName: 'kubernetes.io/kubelet-serving', usages: ['server auth'], request: 'LS0tLS1CRUdJTg==' },
  status: {
    conditions: [{ type: 'Approved', status: 'True', reason: 'AutoApproved' }],
    certificate: Buffer.from('-----BEGIN CERTIFICATE-----').toString('base64'),
  },
}

test('a signing request is told as kube-state-metrics does', () => {
  expect(tell(certificateSigningRequests, request)).toEqual([
    'kube_certificatesigningrequest_created{certificatesigningrequest="csr-1", signer_name="kubernetes.io/kubelet-serving"} 1767225600',
    'kube_certificatesigningrequest_condition{certificatesigningrequest="csr-1", condition="approved", signer_name="kubernetes.io/kubelet-serving"} 1',
    'kube_certificatesigningrequest_condition{certificatesigningrequest="csr-1", condition="denied", signer_name="kubernetes.io/kubelet-serving"} 0',
    'kube_certificatesigningrequest_condition{certificatesigningrequest="csr-1", condition="failed", signer_name="kubernetes.io/kubelet-serving"} 0',
    'kube_certificatesigningrequest_cert_length{certificatesigningrequest="csr-1", signer_name="kubernetes.io/kubelet-serving"} 27',
  ])
})

test('a request that waits has been neither approved nor denied, and has no certificate', () => {
  const lines = tell(certificateSigningRequests, { spec: request.spec, status: {} })
  expect(lines.map((line) => line.split(' ').at(-1))).toEqual(['0', '0', '0', '0'])
})
