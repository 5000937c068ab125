// What a report comes to, in words. The server has the English ones; here they are in Korean.

import { language, number } from "./words.js";

const FAIR = {
  hardly: "사진을 거의 찾지 못합니다",
  seldom: "사진을 너무 드물게 찾습니다",
  somewhat: "사진을 조금 드물게 찾습니다",
  even: "사진을 전체에서 차지하는 비율만큼 찾습니다",
  often: "사진을 전체에서 차지하는 비율보다 자주 찾습니다",
};
const SURE = {
  rough: "한쪽 종류가 {fewest}개뿐이라 대략적인 결과입니다.",
  sure: "판단하기에 충분한 행을 살펴보았습니다.",
};
const TODO = {
  calibrate: "보정하면 둘을 한 순위로 볼 수 있습니다: clip-embeddings recalibrate",
  nothing: "더 할 일은 없습니다.",
  "no further": "보정으로 {before}배에서 올라왔지만 더는 나아지지 않았습니다. 글과 사진의 내용이 서로 다르거나, 모델이 이런 사진을 모를 수 있습니다. 사진과 설명의 쌍으로 재 보거나 다른 모델을 써 보세요.",
  centre: "주로 사진을 찾는다면 괜찮습니다. 그렇지 않다면 중심만 맞추는 보정을 재 보세요.",
};

export function verdict(report) {
  if (language !== "ko") return report.verdict;
  const { fair, sure, todo } = report.findings;
  const exposure = (report.after ?? report.before).exposure.text.toFixed(2);
  const { counts } = report;
  const values = {
    fewest: number(Math.min(counts["document text"], counts["document image"])),
    before: report.before.exposure.text.toFixed(2),
  };
  const filled = [SURE[sure], TODO[todo]].map((words) => words.replace(/\{(\w+)\}/g, (_, name) => values[name]));
  return [`${report.after ? "보정 후" : "벡터 그대로는"} 글로 찾으면 ${FAIR[fair]}(비율의 ${exposure}배).`, ...filled].join(" ");
}
