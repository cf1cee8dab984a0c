// What is used of the packages of this folder, which are not installed where the types are checked.

declare module 'typedoc' {
  export interface Comment {
    hasModifier(tag: string): boolean;
    removeModifier(tag: string): void;
  }
  export interface Reflection {
    name: string;
    readonly comment?: Comment;
    readonly children?: readonly Reflection[];
    readonly signatures?: readonly Reflection[];
    isReference(): boolean;
  }
  export interface Project extends Reflection {
    readonly reflections: Readonly<Record<number, Reflection>>;
  }
  export class Application {
    static bootstrapWithPlugins(options: object): Promise<Application>;
    readonly logger: { hasErrors(): boolean; hasWarnings(): boolean };
    convert(): Promise<Project | undefined>;
    validate(project: Project): void;
    generateOutputs(project: Project): Promise<void>;
  }
  export const OptionDefaults: { readonly modifierTags: readonly string[] };
}

declare module 'vitepress' {
  export function build(root: string): Promise<void>;
  export function serve(options: { root: string; port: number }): Promise<void>;
}

declare module 'vitepress/theme' {
  const theme: object;
  export default theme;
}

declare module '*.css';
