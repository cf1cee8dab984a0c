/** @type {import('@commitlint/types').UserConfig} */
export default {
  extends: ['@commitlint/config-conventional'],
  rules: {
    'header-max-length': [2, 'always', 72],
    'body-max-line-length': [2, 'always', 120],
    // Names of classes and methods keep their letters.
    'subject-case': [2, 'never', ['pascal-case', 'upper-case']],
  },
};
