import { ConfigError, throwAll, type Path } from '#src/config/config-error.ts'
import { compileAuthentication } from '#src/http/authentication.ts'
import { parseEndpoint } from '#src/http/endpoint.ts'
import type { ServerConfig } from '#src/http/server-config.ts'
import { serverSettings } from '#src/http/server.ts'
import { validateServerTls } from '#src/http/tls-files.ts'
import { defaultAdminSettings, type AdminSettings } from '#src/telemetry/admin/admin-server.ts'
import type { HealthCheckConfig } from './config.ts'

/** The settings of the admin server that the options stand for. */
export function adminSettings(config: HealthCheckConfig): AdminSettings {
  const {
    use_v2: second,
    http,
    path,
    response_body: responseBody,
    component_health: componentHealth,
  } = config
  if (!second) return { server: serverSettings(config), health: { path, responseBody } }
  const status = http?.status ?? { enabled: true, path: '/status' }
  return {
    server: http === undefined ? defaultAdminSettings.server : serverSettings(http),
    health: { path, v2: { statusPath: status.enabled ? status.path : undefined, componentHealth } },
  }
}

/**
 * Says what the schema cannot.
 *
 * @throws {ConfigError} with all mistakes
 */
export function validateHealthCheck(config: HealthCheckConfig): void {
  const { grpc, http, use_v2: second } = config
  const errors: ConfigError[] = []
  if (grpc !== undefined && grpc !== null) {
    errors.push(new ConfigError('health by gRPC is not offered: use http', ['grpc']))
  }
  if (http?.config.enabled === true) {
    errors.push(
      new ConfigError('the configuration is not served: `weir print-config --redacted` prints it', [
        'http',
        'config',
        'enabled',
      ]),
    )
  }
  if (!second && http !== undefined) {
    errors.push(new ConfigError('has an effect only with use_v2: true', ['http']))
  }
  if (second && http !== undefined) errors.push(...mistakesOfServer(http, ['http']))
  if (!second) errors.push(...mistakesOfServer(config, []))
  throwAll(errors)
}

function mistakesOfServer(server: ServerConfig, path: Path): ConfigError[] {
  const checks: readonly (readonly [path: Path, check: () => unknown])[] = [
    [[...path, 'endpoint'], () => parseEndpoint(server.endpoint)],
    [path, () => compileAuthentication(server)],
    [[...path, 'tls'], () => server.tls && validateServerTls(server.tls)],
  ]
  return checks.flatMap(([place, check]) => {
    try {
      check()
      return []
    } catch (error) {
      if (error instanceof ConfigError) return [error.under(...place)]
      throw error
    }
  })
}
