"""Text and pictures for one question, in one ranking, through a LangChain retriever.

python examples/langchain_retriever.py
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes
from langchain_clip_embeddings import CLIPEmbeddings, MediaLoader, MultimodalChroma, MultimodalRetriever

with TemporaryDirectory() as name:
    folder = Path(name)
    for number, scene in enumerate(scenes(0, 40)):
        render(scene, 256).save(folder / f"scene-{number:02}.png")
    (folder / "note.txt").write_text("The cat has an appointment with the vet on Tuesday.", encoding="utf-8")
    (folder / "trip.txt").write_text("The train to Busan leaves at nine.", encoding="utf-8")

    embeddings = CLIPEmbeddings(model="tiny", calibration="reference")
    store = MultimodalChroma("photos", embeddings)
    store.add_documents(MediaLoader(folder, embeddings).load())

    retriever = MultimodalRetriever(vectorstore=store, k=4)
    for question in ("a photo of a cat", {"image": folder / "scene-07.png"}):
        print(question if isinstance(question, str) else question["image"].name)
        for document in retriever.invoke(question):
            print(f"  {document.metadata['modality']:5}  {document.page_content}")
