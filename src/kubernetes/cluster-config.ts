import { Type, type Static } from '#src/config/schema.ts'

/** How to reach the API server. Spread into the options of who needs it. */
export const clusterProperties = {
  auth_type: Type.Enum(['serviceAccount', 'kubeConfig'], {
    description:
      'Who to be: the service account of the pod that this runs in, or the user of a kubeconfig file.',
    default: 'serviceAccount',
  }),
  kubeconfig: Type.Optional(
    Type.String({
      description: 'The kubeconfig file: `$KUBECONFIG`, else `~/.kube/config`. For `kubeConfig` only.',
    }),
  ),
  context: Type.Optional(
    Type.String({ description: 'Its context: the current one. For `kubeConfig` only.' }),
  ),
}

const Shape = Type.Object(clusterProperties)

/** Those options. */
export type ClusterOptions = Static<typeof Shape>
