import { expect, test } from 'vitest'
import { ConfigError } from '#src/config/config-error.ts'
import { checkConfig, type JsonConfig } from './config.ts'

const file: JsonConfig = {
  path: '/tmp/data.json',
  format: 'otlp',
  append: false,
  create_directory: false,
  directory_permissions: '0755',
  compression: 'none',
  flush_interval: 1000,
  fsync: 'never',
  fsync_interval: 5000,
  queue: { max_megabytes: 32, when_full: 'refuse' },
}

function mistakesOf(config: JsonConfig): (readonly (string | number)[])[] {
  try {
    checkConfig(config)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return [error, ...error.others].map(({ path }) => path)
  }
}

test('what concerns files is a mistake for standard output, all of it in one go', () => {
  const rotation = { max_megabytes: 1, max_days: 0, max_backups: 0, localtime: false }
  const all = { ...file, path: '-', rotation, create_directory: true, append: true, fsync: 'flush' } as const
  expect(mistakesOf(all)).toEqual([['rotation'], ['create_directory'], ['append'], ['fsync']])
  expect(mistakesOf({ ...file, path: '/dev/stdout' })).toEqual([])
})

test('append does not go with compression', () => {
  expect(mistakesOf({ ...file, append: true, compression: 'zstd' })).toEqual([['append']])
  expect(mistakesOf({ ...file, append: true })).toEqual([])
  expect(mistakesOf({ ...file, compression: 'zstd' })).toEqual([])
})
