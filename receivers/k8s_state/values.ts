/** The Unix time of a time of the API, in seconds; undefined where there is none. */
export function seconds(time: string | null | undefined): number | undefined {
  if (time === undefined || time === null) return undefined
  const milliseconds = Date.parse(time)
  return Number.isNaN(milliseconds) ? undefined : Math.floor(milliseconds / 1000)
}

/** 1 for what is true, 0 for what is not. */
export function bool(value: boolean | null | undefined): number {
  return value === true ? 1 : 0
}
