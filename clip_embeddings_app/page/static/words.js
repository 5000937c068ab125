// What the page says, in English and Korean. "{name}" is put in.

const WORDS = {
  en: {
    "views": "Views", "search": "Search", "classify": "Classify", "gap": "Modality gap",
    "collection": "Collection", "other language": "한국어",
    "ask": "What to look for, in words", "hint": "Describe a picture or a text",
    "picture": "Picture", "add": "Look for what is like a picture: choose, drop or paste one",
    "remove": "Remove {name}", "kinds": "What to look for",
    "any": "All", "pictures": "Pictures", "texts": "Texts",
    "filters": "Filters", "filters on": "Filters ({count})", "every": "any", "from": "from", "to": "to",
    "clear": "Clear filters", "no filters": "The rows of this collection have nothing to filter by.",
    "of first": "Values of the first {count} rows.",
    "loading": "Searching …", "preparing": "Loading the model: the first search takes some seconds …",
    "found": "{count} found", "found more": "The {count} best", "browsing": "{count} rows", "nothing": "Nothing was found.",
    "empty": "This collection is empty. Fill it: clip-embeddings ingest FOLDER",
    "no collections": "This store has no collections. Make one: clip-embeddings ingest FOLDER",
    "apart": "Pictures and texts are ranked apart here, in turn: their scores do not compare. “Modality gap” says more.",
    "more": "Show more", "similar": "Similar", "like": "Like “{name}”",
    "close": "Close", "previous": "Previous", "next": "Next", "original": "Open the file", "tell this": "Classify",
    "copy": "Copy the path", "copied": "Copied", "facts": "Facts", "beside": "Beside it in its document",
    "page": "page {page}", "no picture": "This picture cannot be shown: {reason}",
    "score all": "not 1 in {count} random pairs is this close", "score": "1 in {count} random pairs is this close",
    "score none": "no closer than random pairs", "cosine": "cosine {score}",
    "score about": "Of random pairs of these kinds {percentile} % are further apart (cosine {score}). No probability.",
    "drop here": "Drop a picture to look for what is like it", "no image": "“{name}” is no picture.",
    "which picture": "Which picture?", "choose": "Choose a picture", "drop subject": "Drop or paste a picture here",
    "labels": "Which labels? One on each line", "labels hint": "a cat\na dog\na boat",
    "tell": "Classify", "answer": "Answer", "no subject": "Give a picture first.", "no labels": "Type at least two labels.",
    "shared": "The model shares 100 % among these labels, also where none fits.",
    "each": "The model judges each label by itself.",
    "gap about": "CLIP puts texts and pictures into two regions of one space. How far apart are those of this collection, and what does its calibration make of it?",
    "measuring": "Looking at the rows …", "before": "as the model gives them", "after": "calibrated",
    "dist": "distance of the mean picture from the mean text",
    "exposure text": "text query: pictures among the ten best, 1 = their share",
    "exposure image": "picture query: pictures among the ten best, 1 = their share",
    "median": "{query} query, {document}s: median cosine", "text": "text", "image": "picture",
    "plane": "Each dot is a row: {images} pictures, {texts} texts",
    "tiny": "The bundled model knows drawn scenes only: on photographs its answers mean nothing.",
    "changed": "Its file has changed since it was stored.", "failed": "The page’s server does not answer.",
  },
  ko: {
    "views": "보기", "search": "검색", "classify": "분류", "gap": "모달리티 간격",
    "collection": "컬렉션", "other language": "English",
    "ask": "찾을 내용", "hint": "찾고 싶은 사진이나 글을 말로 적어 보세요",
    "picture": "사진", "add": "비슷한 것을 찾을 사진을 고르거나, 끌어다 놓거나, 붙여 넣으세요",
    "remove": "{name} 빼기", "kinds": "찾을 종류",
    "any": "전체", "pictures": "사진", "texts": "글",
    "filters": "필터", "filters on": "필터 ({count})", "every": "전체", "from": "부터", "to": "까지",
    "clear": "필터 지우기", "no filters": "이 컬렉션에는 필터로 쓸 항목이 없습니다.",
    "of first": "처음 {count}개 행에 있는 값입니다.",
    "loading": "찾는 중 …", "preparing": "모델을 불러오는 중입니다. 첫 검색은 몇 초 걸립니다 …",
    "found": "{count}개 찾음", "found more": "가장 가까운 {count}개", "browsing": "모두 {count}개", "nothing": "찾은 것이 없습니다.",
    "empty": "컬렉션이 비어 있습니다. 다음 명령으로 채우세요: clip-embeddings ingest 폴더",
    "no collections": "저장소에 컬렉션이 없습니다. 다음 명령으로 만드세요: clip-embeddings ingest 폴더",
    "apart": "이 컬렉션에서는 사진과 글의 점수를 서로 비교할 수 없어, 따로 순위를 매겨 번갈아 보여 줍니다. 자세한 내용은 ‘모달리티 간격’에 있습니다.",
    "more": "더 보기", "similar": "비슷한 것", "like": "‘{name}’와(과) 비슷한 것",
    "close": "닫기", "previous": "이전", "next": "다음", "original": "파일 열기", "tell this": "분류하기",
    "copy": "경로 복사", "copied": "복사했습니다", "facts": "정보", "beside": "문서에서 함께 실린 사진",
    "page": "{page}쪽", "no picture": "사진을 보여 줄 수 없습니다: {reason}",
    "score all": "무작위 쌍 {count}개 중 1개도 이만큼 가깝지 않음", "score": "무작위 쌍 {count}개 중 1개꼴로 가까움",
    "score none": "무작위 쌍과 다를 바 없음", "cosine": "코사인 {score}",
    "score about": "같은 종류의 무작위 쌍 가운데 {percentile}%가 이보다 멉니다(코사인 {score}). 확률이 아닙니다.",
    "drop here": "사진을 놓으면 비슷한 것을 찾습니다", "no image": "‘{name}’은(는) 사진이 아닙니다.",
    "which picture": "어떤 사진인가요?", "choose": "사진 고르기", "drop subject": "여기에 사진을 끌어다 놓거나 붙여 넣으세요",
    "labels": "어떤 이름표로 나눌까요? 한 줄에 하나씩", "labels hint": "고양이\n강아지\n배",
    "tell": "분류하기", "answer": "결과", "no subject": "먼저 사진을 골라 주세요.", "no labels": "이름표를 두 개 이상 적어 주세요.",
    "shared": "모델은 이름표들에 100%를 나누어 줍니다. 맞는 이름표가 없어도 그렇습니다.",
    "each": "모델은 이름표를 하나씩 따로 판단합니다.",
    "gap about": "CLIP은 글과 사진을 한 공간의 서로 다른 두 영역에 둡니다. 이 컬렉션에서는 둘이 얼마나 떨어져 있고, 보정은 그것을 어떻게 바꿀까요?",
    "measuring": "행을 살펴보는 중 …", "before": "모델이 준 그대로", "after": "보정 후",
    "dist": "사진 평균과 글 평균 사이의 거리",
    "exposure text": "글로 찾을 때: 상위 10개 중 사진 (1 = 전체에서 차지하는 비율만큼)",
    "exposure image": "사진으로 찾을 때: 상위 10개 중 사진 (1 = 전체에서 차지하는 비율만큼)",
    "median": "{query} 질의와 {document}: 코사인 중앙값", "text": "글", "image": "사진",
    "plane": "점 하나가 행 하나입니다: 사진 {images}개, 글 {texts}개",
    "tiny": "함께 들어 있는 모델은 그린 장면만 압니다. 실제 사진에 대한 답은 의미가 없습니다.",
    "changed": "저장한 뒤에 파일이 바뀌었습니다.", "failed": "페이지의 서버가 응답하지 않습니다.",
  },
};

const KEPT = "clip-embeddings.language";

function preferred() {
  const chosen = localStorage.getItem(KEPT);
  return chosen in WORDS ? chosen : navigator.language.startsWith("ko") ? "ko" : "en";
}

export let language = preferred();

export function setLanguage(next) {
  language = next;
  localStorage.setItem(KEPT, next);
  translate();
}

/** The words of a key, with values put in. */
export function say(key, values = {}) {
  return WORDS[language][key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** A whole number as the language writes it. */
export function number(value) {
  return new Intl.NumberFormat(language).format(value);
}

/** Put the words of the chosen language into what index.html marks. */
export function translate() {
  document.documentElement.lang = language;
  const put = {
    say: (element, key) => { element.textContent = say(key); },
    label: (element, key) => element.setAttribute("aria-label", say(key)),
    hint: (element, key) => element.setAttribute("placeholder", say(key)),
    title: (element, key) => element.setAttribute("title", say(key)),
  };
  for (const [name, set] of Object.entries(put)) {
    for (const element of document.querySelectorAll(`[data-${name}]`)) set(element, element.dataset[name]);
  }
}
