import { RemoteStatfs } from '#src/host/remote-statfs.ts'
import type { ScraperDefinition } from '../scraper.ts'
import { FilesystemConfig, type FilesystemOptions } from './config.ts'
import { FilesystemScraper } from './filesystem-scraper.ts'
import { compileMountSelection } from './mount-selection.ts'
import { filesystemNames } from './names.ts'

export { FilesystemConfig }

/** Measures the mounted file systems. */
export const filesystemScraper: ScraperDefinition<FilesystemOptions> = {
  name: 'filesystem',
  collector: 'filesystem',
  names: filesystemNames,
  create(options, { files, clock }) {
    const selection = compileMountSelection(options)
    return new FilesystemScraper(
      files,
      selection,
      options.include_virtual_filesystems,
      new RemoteStatfs(clock),
    )
  },
}
