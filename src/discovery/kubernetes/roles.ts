import { endpointsRole } from './endpoints.ts'
import { endpointSliceRole } from './endpointslice.ts'
import { ingressRole } from './ingress.ts'
import { nodeRole } from './node.ts'
import { podRole } from './pod.ts'
import type { Role } from './role.ts'
import { serviceRole } from './service.ts'

/** All roles, by the name that options give them. */
export const roles = {
  pod: podRole,
  service: serviceRole,
  endpoints: endpointsRole,
  endpointslice: endpointSliceRole,
  node: nodeRole,
  ingress: ingressRole,
} as const satisfies Record<string, Role>

/** The name of a role. */
export type RoleName = keyof typeof roles

/** All names of roles. */
export const roleNames = Object.keys(roles) as RoleName[]
