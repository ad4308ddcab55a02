"""Export of chats into files, and import from them.

`exchange_controller` asks for files, has it done, and tells what was done. `export_dialog` asks how
chats are to be exported, `import_dialog` shows what files contain before it is imported. `printer`
has `pdf_layout` make pages, in slices.
"""
