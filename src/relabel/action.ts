import { graphite } from './graphite.ts'
import {
  drops,
  keeps,
  nameMatches,
  sourceIsTarget,
  sourceMatches,
  sourcesAreEqual,
  targetContainsSources,
} from './keep-and-drop.ts'
import { labeldrop, labelkeep, labelmap, labelmapAll } from './name-actions.ts'
import type { ActionName, Rule } from './rule.ts'
import type { CompileStep } from './step.ts'
import { hashmod, replace, replaceAll, toLowercase, toUppercase } from './value-actions.ts'

/** The options that belong to some actions only. */
export type Field = Exclude<keyof Rule, 'action' | 'if'>

/** What an action does, and the options that it has. */
export interface Action {
  readonly needs: readonly Field[]
  readonly takes: readonly Field[]
  readonly compile: CompileStep
  /** Whether `if` can stand in for what it needs. */
  readonly needsOrIf?: boolean
  /** Whether labels that `if` does not match are dropped; else the rule is skipped. */
  readonly dropsOthers?: boolean
  /** How many source labels it needs at least; 1 where not given. */
  readonly leastSources?: number
}

/** Every action. Whatever an action neither needs nor takes is refused, since it would have no effect. */
export const actions: Readonly<Record<ActionName, Action>> = {
  replace: {
    needs: ['target_label'],
    takes: ['source_labels', 'separator', 'regex', 'replacement'],
    compile: replace,
  },
  keep: {
    needs: ['source_labels'],
    takes: ['separator', 'regex'],
    compile: keeps(sourceMatches),
    needsOrIf: true,
    dropsOthers: true,
  },
  drop: {
    needs: ['source_labels'],
    takes: ['separator', 'regex'],
    compile: drops(sourceMatches),
    needsOrIf: true,
  },
  keepequal: {
    needs: ['source_labels', 'target_label'],
    takes: ['separator'],
    compile: keeps(sourceIsTarget),
  },
  dropequal: {
    needs: ['source_labels', 'target_label'],
    takes: ['separator'],
    compile: drops(sourceIsTarget),
  },
  hashmod: {
    needs: ['source_labels', 'target_label', 'modulus'],
    takes: ['separator'],
    compile: hashmod,
  },
  labelmap: { needs: [], takes: ['regex', 'replacement'], compile: labelmap },
  labeldrop: { needs: ['regex'], takes: [], compile: labeldrop },
  labelkeep: { needs: ['regex'], takes: [], compile: labelkeep },
  lowercase: { needs: ['source_labels', 'target_label'], takes: ['separator'], compile: toLowercase },
  uppercase: { needs: ['source_labels', 'target_label'], takes: ['separator'], compile: toUppercase },
  replace_all: {
    needs: ['source_labels', 'target_label', 'regex'],
    takes: ['separator', 'replacement'],
    compile: replaceAll,
  },
  labelmap_all: { needs: ['regex'], takes: ['replacement'], compile: labelmapAll },
  keep_if_equal: { needs: ['source_labels'], takes: [], compile: keeps(sourcesAreEqual), leastSources: 2 },
  drop_if_equal: { needs: ['source_labels'], takes: [], compile: drops(sourcesAreEqual), leastSources: 2 },
  keep_if_contains: {
    needs: ['source_labels', 'target_label'],
    takes: [],
    compile: keeps(targetContainsSources),
  },
  drop_if_contains: {
    needs: ['source_labels', 'target_label'],
    takes: [],
    compile: drops(targetContainsSources),
  },
  keep_metrics: {
    needs: ['regex'],
    takes: [],
    compile: keeps(nameMatches),
    needsOrIf: true,
    dropsOthers: true,
  },
  drop_metrics: { needs: ['regex'], takes: [], compile: drops(nameMatches), needsOrIf: true },
  graphite: { needs: ['match', 'labels'], takes: [], compile: graphite },
}
