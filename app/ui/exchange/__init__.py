"""Export of chats into files, and import from them.

`exchange_controller` asks for files, starts the work, and reports the result. `export_dialog` asks
how to export chats, `import_dialog` shows what files contain before they are imported. `printer`
runs `pdf_layout`, which lays out pages, in slices, with figures (`pdf_figure`).
`everything_controller` and `everything_dialog` do the same with everything in one file. Progress is
shown a few times a second (`throttle`).
"""
