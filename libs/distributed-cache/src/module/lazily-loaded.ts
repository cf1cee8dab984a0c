import { ModuleRef, type ModulesContainer } from '@nestjs/core';
import type { Module } from './boot-checks/decorated-classes.js';

/**
 * Whether the module of `moduleRef` was loaded by `LazyModuleLoader`, after boot: Nest calls no lifecycle hooks in it then. The modules of
 * boot are those that the root module imports, itself or through others.
 *
 * @internal
 */
export function isLoadedLazily(moduleRef: ModuleRef, modules: ModulesContainer): boolean {
  const [, root] = modules.values();
  if (!root) return false;
  const atBoot = new Set<Module>([root]);
  // The set grows while it is walked.
  for (const module of atBoot) {
    if (module.providers.get(ModuleRef)?.instance === moduleRef) return false;
    for (const imported of module.imports) atBoot.add(imported);
  }
  return true;
}

/** Calls `leave` when the application stops, for a module in which Nest calls no hooks. @internal */
export function whenApplicationStops(modules: ModulesContainer, leave: () => Promise<void>): void {
  // Nest asks the modules of boot for their providers when it stops. This is one more, in the module of Nest itself.
  const [core] = modules.values();
  core?.addProvider({ provide: Symbol('DistributedCache'), useValue: { onApplicationShutdown: leave } });
}
