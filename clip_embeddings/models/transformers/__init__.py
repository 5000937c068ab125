"""Models of transformers, whatever their family: what sets families apart is data, in models/families/.

`files.py` is the model that was found, `preprocessing.py` reads how it wants its pictures (`processors.py`
has what transformers takes where a file is silent) and `tokenizer.py` its texts, `identity.py` what changes
its vectors; `loading.py` loads one tower, `encoder.py` runs both, `trainable.py` trains them.
"""
