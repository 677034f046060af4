import { asJsonObject, isJsonObject, type JsonObject } from '../http/api-object.ts';

/**
 * The status of a service as its spec allows it: that of a load balancer goes with the type, and says of an address how
 * packets come to it.
 */
export function serviceStatus(spec: unknown, status: unknown): JsonObject {
  const { loadBalancer, ...rest } = asJsonObject(status);
  const { ingress } = asJsonObject(loadBalancer);
  if (asJsonObject(spec).type !== 'LoadBalancer') return { ...rest, loadBalancer: {} };
  if (!Array.isArray(ingress)) return { ...rest, loadBalancer };
  return {
    ...rest,
    loadBalancer: { ...asJsonObject(loadBalancer), ingress: ingress.map(withMode) },
  };
}

function withMode(ingress: unknown): unknown {
  return isJsonObject(ingress) && ingress.ip && !ingress.ipMode
    ? { ...ingress, ipMode: 'VIP' }
    : ingress;
}
