import { expect, test } from 'vitest'
import { ingresses, shortened, TestDiscovery } from './test-discovery.ts'

test('each path of each rule is a target, at the host of the rule', async () => {
  await using here = await TestDiscovery.start()
  here.server.put(ingresses, {
    metadata: { name: 'front', namespace: 'shop', annotations: { a: 'b' } },
    spec: {
      ingressClassName: 'nginx',
      tls: [{ hosts: ['secure.example.org'] }, {}],
      rules: [
        { host: 'www.example.org', http: { paths: [{ path: '/cart' }, {}] } },
        { host: 'secure.example.org' },
      ],
    },
  })
  here.discover('role: ingress')
  await here.until(() => expect(here.targets).toHaveLength(3))
  const shared = {
    namespace: 'shop',
    ingress_name: 'front',
    ingress_class_name: 'nginx',
    ingress_annotation_a: 'b',
    ingress_annotationpresent_a: 'true',
  }
  const target = (host: string, scheme: string, path: string) => ({
    ...shared,
    __address__: host,
    ingress_host: host,
    ingress_scheme: scheme,
    ingress_path: path,
  })
  expect(here.targets.map(shortened)).toEqual([
    target('secure.example.org', 'https', '/'),
    target('www.example.org', 'http', '/cart'),
    target('www.example.org', 'http', '/'),
  ])
})

test.each([
  ['*.example.org', 'www.example.org', 'https'],
  ['*.example.org', 'a.b.example.org', 'http'],
  ['*.example.org', 'example.org', 'http'],
  ['www.example.org', 'example.org', 'http'],
])('where TLS is for %s, %s is asked by %s', async (pattern, host, scheme) => {
  await using here = await TestDiscovery.start()
  here.server.put(ingresses, {
    metadata: { name: 'i', namespace: 'a' },
    spec: { tls: [{ hosts: [pattern] }], rules: [{ host }] },
  })
  here.discover('role: ingress')
  await here.untilAddresses(host)
  expect(shortened(here.targets[0])).toMatchObject({ ingress_scheme: scheme })
})

test('an ingress without rules is no target', async () => {
  await using here = await TestDiscovery.start()
  here.server.put(ingresses, { metadata: { name: 'i', namespace: 'a' }, spec: { defaultBackend: {} } })
  here.server.put(ingresses, { metadata: { name: 'j', namespace: 'a' } })
  here.discover('role: ingress')
  await here.until(() => expect(here.told).toEqual([[]]))
})
