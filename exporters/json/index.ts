import { resolve } from 'node:path'
import { defineExporter } from '#src/component/define.ts'
import { Backlog } from './backlog.ts'
import { checkConfig, Config, isStandardOutput } from './config.ts'
import { Delivery } from './delivery.ts'
import { FileOutput } from './file-output.ts'
import { JsonExporter } from './json-exporter.ts'
import { LinesEncoding } from './lines-encoding.ts'
import { OtlpEncoding } from './otlp-encoding.ts'
import { StandardOutput } from './standard-output.ts'

const megabyte = 1024 * 1024

/** Writes lines of JSON to a file or to standard output. */
export default defineExporter({
  type: 'json',
  stability: 'beta',
  description: 'Writes lines of JSON, OTLP or plain, to a file with rotation or to standard output.',
  config: Config,
  validate: checkConfig,

  create(config, context) {
    const { rotation, queue } = config
    const compressed = config.compression === 'zstd'
    const output = isStandardOutput(config)
      ? new StandardOutput()
      : new FileOutput(
          {
            path: config.path,
            append: config.append,
            directoryMode: config.create_directory
              ? Number.parseInt(config.directory_permissions, 8)
              : undefined,
            rotation: rotation && {
              maxBytes: rotation.max_megabytes * megabyte,
              maxDays: rotation.max_days,
              maxBackups: rotation.max_backups,
              localTime: rotation.localtime,
            },
            compressed,
            syncsAtEnd: config.fsync !== 'never',
          },
          context.clock,
          context.logger,
        )
    const backlog = new Backlog(
      { maxBytes: queue.max_megabytes * megabyte, whenFull: queue.when_full },
      context.ledger,
    )
    const encoding = config.format === 'otlp' ? new OtlpEncoding() : new LinesEncoding()
    const delivery = new Delivery(
      {
        path: config.path,
        flushIntervalMs: config.flush_interval,
        fsync: config.fsync,
        fsyncIntervalMs: config.fsync_interval,
      },
      context,
      backlog,
      output,
    )
    return new JsonExporter(
      encoding,
      compressed,
      backlog,
      delivery,
      context,
      isStandardOutput(config) ? undefined : resolve(config.path),
    )
  },
})
