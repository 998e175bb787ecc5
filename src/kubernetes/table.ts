/**
 * Turns rows of a table into objects. A table is what the API server answers with where it is asked for what `kubectl get`
 * shows: an object's metadata, and cells, whose columns are named in the first table of a watch alone.
 *
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
 */
export class TableRows {
  #columns: readonly string[] = []

  /** Reads the names of columns, where a table has them. */
  define(table: Table): void {
    const { columnDefinitions } = table
    if (Array.isArray(columnDefinitions))
      this.#columns = columnDefinitions.map((column: { readonly name?: unknown }) => String(column.name))
  }

  /** The object of a row: what the server says of it, and its cells by the names of their columns as `columns`. */
  object(row: unknown): unknown {
    const { object, cells } = (row ?? {}) as { readonly object?: object; readonly cells?: readonly unknown[] }
    const columns = Object.fromEntries(this.#columns.map((name, index) => [name, cells?.[index]]))
    return { ...object, columns }
  }

  /** The object of a table that has one row, as in a watch. */
  only(table: Table): unknown {
    this.define(table)
    return this.object(Array.isArray(table.rows) ? table.rows[0] : undefined)
  }
}

/** What is read of a table. */
export interface Table {
  readonly columnDefinitions?: unknown
  readonly rows?: unknown
}

/** Whether something is a table, and not an object of a resource. */
export function isTable(value: unknown): value is Table {
  const { kind, apiVersion } = (value ?? {}) as { readonly kind?: unknown; readonly apiVersion?: unknown }
  return kind === 'Table' && apiVersion === 'meta.k8s.io/v1'
}
