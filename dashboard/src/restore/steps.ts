export const STEPS = ['choose', 'explain', 'changes', 'confirm'] as const;
export type Step = (typeof STEPS)[number];
