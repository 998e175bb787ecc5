/** The exit statuses of the command. */
export const exitStatus = {
  done: 0,
  /** The configuration is wrong, or a component cannot start. */
  failed: 1,
  /** The command line is wrong, or this Node is too old. */
  usage: 2,
  /** An error of the core itself (EX_SOFTWARE of sysexits.h). */
  internal: 70,
} as const
