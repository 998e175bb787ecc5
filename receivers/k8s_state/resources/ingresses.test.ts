import { expect, test } from 'vitest'
import { tell } from '../test-objects.ts'
import { ingresses } from './ingresses.ts'

const ingress = {
  metadata: {
    name: 'web',
    namespace: 'shop',
    creationTimestamp: '2026-01-01T00:00:00Z',
    resourceVersion: '123456',
  },
  spec: {
    ingressClassName: 'nginx',
    tls: [{ hosts: ['shop.example.com', 'www.example.com'], secretName: 'shop-tls' }, { secretName: 'idle' }],
    rules: [
      {
        host: 'shop.example.com',
        http: {
          paths: [
            { path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } },
            {
              path: '/api',
              pathType: 'Exact',
              backend: { service: { name: 'api', port: { name: 'http' } } },
            },
          ],
        },
      },
      {
        http: {
          paths: [
            {
              path: '/static',
              pathType: 'ImplementationSpecific',
              backend: { resource: { apiGroup: 'k8s.example.com', kind: 'Bucket', name: 'static' } },
            },
          ],
        },
      },
      { host: 'idle.example.com' },
    ],
  },
}

test('an ingress is told as kube-state-metrics does', () => {
  expect(tell(ingresses, ingress)).toEqual([
    'kube_ingress_info{ingress="web", ingressclass="nginx", namespace="shop"} 1',
    'kube_ingress_created{ingress="web", namespace="shop"} 1767225600',
    'kube_ingress_metadata_resource_version{ingress="web", namespace="shop"} 123456',
    'kube_ingress_path{host="shop.example.com", ingress="web", namespace="shop", path="/", path_type="Prefix", service_name="web", service_port="80"} 1',
    'kube_ingress_path{host="shop.example.com", ingress="web", namespace="shop", path="/api", path_type="Exact", service_name="api", service_port="0"} 1',
    'kube_ingress_path{host="", ingress="web", namespace="shop", path="/static", path_type="ImplementationSpecific", resource_api_group="k8s.example.com", resource_kind="Bucket", resource_name="static"} 1',
    'kube_ingress_tls{ingress="web", namespace="shop", secret="shop-tls", tls_host="shop.example.com"} 1',
    'kube_ingress_tls{ingress="web", namespace="shop", secret="shop-tls", tls_host="www.example.com"} 1',
  ])
})

const classOf = (object: object): string[] =>
  tell(ingresses, object).filter((line) => line.startsWith('kube_ingress_info'))

test('the class that the old annotation names counts first, and without any it is _default', () => {
  const annotations = { 'kubernetes.io/ingress.class': 'traefik' }
  expect(classOf({ metadata: { annotations }, spec: { ingressClassName: 'nginx' } })).toEqual([
    'kube_ingress_info{ingress="it", ingressclass="traefik"} 1',
  ])
  expect(classOf({})).toEqual(['kube_ingress_info{ingress="it", ingressclass="_default"} 1'])
})
