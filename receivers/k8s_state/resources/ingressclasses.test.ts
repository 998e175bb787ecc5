import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { ingressClasses } from './ingressclasses.ts'

test('a class of ingresses is told as kube-state-metrics does', () => {
  const ingressClass = {
    metadata: { name: 'nginx', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { controller: 'k8s.io/ingress-nginx' },
  }
  expect(tell(ingressClasses, ingressClass)).toEqual([
    'kube_ingressclass_info{controller="k8s.io/ingress-nginx", ingressclass="nginx"} 1',
    'kube_ingressclass_created{ingressclass="nginx"} 1767225600',
  ])
})
