import { sentenceCase } from "@/format";
import { STAGES } from "./filters";

const SHORT: Record<string, string> = { mql: "Marketing qualified", sql: "Sales qualified" };

export const stageText = (stage: string): string => SHORT[stage] ?? sentenceCase(stage);

export const stageChoices = STAGES.map((value) => ({ value, label: stageText(value) }));
