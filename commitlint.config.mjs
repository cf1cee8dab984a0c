/** @type {import('@commitlint/types').UserConfig} */
export default {
  extends: ['@commitlint/config-conventional'],
  rules: {
    'header-max-length': [2, 'always', 72],
    // A body is prose: its lines are the author's.
    'body-max-line-length': [0],
    'footer-max-line-length': [0],
    // Names of classes and methods keep their letters.
    'subject-case': [2, 'never', ['pascal-case', 'upper-case']],
  },
};
