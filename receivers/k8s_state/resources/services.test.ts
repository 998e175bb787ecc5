import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { services } from './services.ts'

const service = {
  metadata: {
    name: 'web',
    namespace: 'shop',
    uid: '6f0d',
    creationTimestamp: '2026-01-01T00:00:00Z',
    deletionTimestamp: '2026-01-02T00:00:00Z',
  },
  spec: {
    type: 'LoadBalancer',
    clusterIP: '10.96.0.10',
    externalIPs: ['192.0.2.1', '192.0.2.2'],
    externalTrafficPolicy: 'Cluster',
    loadBalancerIP: '198.51.100.7',
    selector: { app: 'web' },
    ports: [{ port: 80, targetPort: 8080, protocol: 'TCP' }],
  },
  status: { loadBalancer: { ingress: [{ ip: '198.51.100.7' }, { hostname: 'lb.example.com' }] } },
}

test('a service is told as kube-state-metrics does', () => {
  expect(tell(services, service)).toEqual([
    'kube_service_info{cluster_ip="10.96.0.10", external_name="", external_traffic_policy="Cluster", load_balancer_ip="198.51.100.7", namespace="shop", service="web", uid="6f0d"} 1',
    'kube_service_created{namespace="shop", service="web", uid="6f0d"} 1767225600',
    'kube_service_deletion_timestamp{namespace="shop", service="web", uid="6f0d"} 1767312000',
    'kube_service_spec_type{namespace="shop", service="web", type="LoadBalancer", uid="6f0d"} 1',
    'kube_service_spec_external_ip{external_ip="192.0.2.1", namespace="shop", service="web", uid="6f0d"} 1',
    'kube_service_spec_external_ip{external_ip="192.0.2.2", namespace="shop", service="web", uid="6f0d"} 1',
    'kube_service_status_load_balancer_ingress{hostname="", ip="198.51.100.7", namespace="shop", service="web", uid="6f0d"} 1',
    'kube_service_status_load_balancer_ingress{hostname="lb.example.com", ip="", namespace="shop", service="web", uid="6f0d"} 1',
  ])
})

test.each(['otel', 'semconv'] as const)('a service is told in the words of %s', (naming) => {
  expect(tell(services, service, { naming })).toEqual([
    'k8s.service.load_balancer.ingress.count{} 2 [k8s.namespace.name="shop", k8s.service.name="web", k8s.service.type="LoadBalancer", k8s.service.uid="6f0d"]',
  ])
})

test('a service is told in the words of vm', () => {
  expect(tell(services, service, { naming: 'vm' })).toEqual([
    'vm_kube_service_info{cluster_ip="10.96.0.10", external_name="", namespace="shop", service="web"} 1',
  ])
})

const ingressesOf = (type: string): string[] =>
  tell(services, { spec: { type }, status: { loadBalancer: {} } }, { naming: 'semconv' })

test('a load balancer that has got no address yet has 0, and a service without one tells nothing', () => {
  expect(ingressesOf('LoadBalancer')).toEqual([
    'k8s.service.load_balancer.ingress.count{} 0 [k8s.service.name="it", k8s.service.type="LoadBalancer", k8s.service.uid="u1"]',
  ])
  expect(ingressesOf('ClusterIP')).toEqual([])
})

test('an external name is told, and a service that says nothing of itself too', () => {
  expect(tell(services, { spec: { type: 'ExternalName', externalName: 'db.example.com' } })).toEqual([
    'kube_service_info{cluster_ip="", external_name="db.example.com", external_traffic_policy="", load_balancer_ip="", service="it", uid="u1"} 1',
    'kube_service_spec_type{service="it", type="ExternalName", uid="u1"} 1',
  ])
  expect(tell(services, {})).toEqual([
    'kube_service_info{cluster_ip="", external_name="", external_traffic_policy="", load_balancer_ip="", service="it", uid="u1"} 1',
    'kube_service_spec_type{service="it", type="", uid="u1"} 1',
  ])
})
