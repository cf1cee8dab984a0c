/** The last commit from before messages followed Conventional Commits. Older messages stay as they are: history is not rewritten. */
export const ADOPTED_AT = '221e343';
