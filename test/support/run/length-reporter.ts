import type { Reporter, SerializedError, TestModule, TestRunEndReason, TestSpecification, Vitest } from 'vitest/node';
import { inWords, recordedLengths, recordLengths, type RunLengths } from './run-lengths.js';

/** Projects that run at the same time, as `sequence.groupOrder` has it. */
interface Group {
  /** The names of the projects. */
  readonly name: string;
  readonly projects: ReadonlySet<string>;
  readonly files: number;
  /** Whether all files of these projects are to run; if not, the run does not tell how long they take. */
  readonly isWhole: boolean;
  /** When the first file was begun. */
  from: number;
  /** When the last file ended. */
  to: number;
}

/** Says at the start what is to run and how long that took when it last passed on this machine, and takes note of how long it takes. */
export default class LengthReporter implements Reporter {
  #vitest: Vitest | undefined;
  #groups: readonly Group[] = [];
  #startedAt = 0;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  async onTestRunStart(specifications: readonly TestSpecification[]): Promise<void> {
    this.#startedAt = performance.now();
    this.#groups = await groupsOf(specifications);
    this.#vitest?.logger.log(` ${announcement(this.#groups, await recordedLengths())}\n`);
  }

  onTestModuleQueued(module: TestModule): void {
    const group = this.#groupOf(module);
    if (group) group.from = Math.min(group.from, performance.now());
  }

  onTestModuleEnd(module: TestModule): void {
    const group = this.#groupOf(module);
    if (group) group.to = performance.now();
  }

  async onTestRunEnd(
    _modules: readonly TestModule[],
    _errors: readonly SerializedError[],
    reason: TestRunEndReason,
  ): Promise<void> {
    if (reason === 'passed') await recordLengths(this.#lengths());
  }

  #groupOf({ project }: TestModule): Group | undefined {
    return this.#groups.find(({ projects }) => projects.has(project.name));
  }

  #lengths(): RunLengths {
    const lengths: Record<string, number> = {};
    const begun = Math.min(...this.#groups.map(({ from }) => from));
    if (begun < Infinity) lengths[setUpOf(this.#groups)] = Math.round(begun - this.#startedAt);
    for (const { name, isWhole, from, to } of this.#groups) if (isWhole) lengths[name] = Math.round(to - from);
    return lengths;
  }
}

async function groupsOf(specifications: readonly TestSpecification[]): Promise<Group[]> {
  const byOrder = new Map<number, TestSpecification[]>();
  for (const specification of specifications) {
    const order = specification.project.config.sequence.groupOrder;
    byOrder.set(order, [...(byOrder.get(order) ?? []), specification]);
  }
  const inOrder = Array.from(byOrder).toSorted(([one], [other]) => one - other);
  return Promise.all(inOrder.map(([, ofGroup]) => groupOf(ofGroup)));
}

async function groupOf(specifications: readonly TestSpecification[]): Promise<Group> {
  const projects = Array.from(new Set(specifications.map(({ project }) => project)));
  const all = await Promise.all(projects.map((project) => project.globTestFiles()));
  const files = all.reduce((sum, { testFiles }) => sum + testFiles.length, 0);
  const isFiltered = projects.some(({ config }) => config.testNamePattern !== undefined);
  return {
    name: projects.map(({ name }) => name).join(', '),
    projects: new Set(projects.map(({ name }) => name)),
    files: specifications.length,
    isWhole: specifications.length === files && !isFiltered,
    from: Infinity,
    to: Infinity,
  };
}

/** In one line: what is to run, and how long that takes. */
function announcement(groups: readonly Group[], recorded: RunLengths): string {
  const what = `Test files: ${groups.map(({ name, files }) => `${name} (${files})`).join(', then ')}.`;
  if (!groups.every(({ isWhole }) => isWhole)) return what;
  const parts = [setUpOf(groups), ...groups.map(({ name }) => name)];
  const lengths = parts.map((part) => recorded[part] ?? NaN);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (Number.isNaN(total))
    return `${what} How long they take is said once they have passed here (all projects: about ten minutes).`;
  const each = groups.map(({ name }, index) => `${name} ${inWords(lengths[index + 1] ?? 0)}`);
  return `${what} They took ${inWords(total)} when they last passed here: setting up ${inWords(lengths[0] ?? 0)}, ${each.join(', ')}.`;
}

/** Under what name it is recorded how long it took until the first file was begun: some projects have a build before them. */
function setUpOf(groups: readonly Group[]): string {
  return `setting up ${groups.map(({ name }) => name).join(', ')}`;
}
