"""What Neware's two binary formats share: records, pages, ranges, step codes, clocks.

``.nda`` is a header and fixed-width records; ``.ndax`` is a zip of ``.ndc`` parts whose
pages hold fixed-width records. Layouts are facts learned from the public readers NewareNDA
(https://github.com/d-cogswell/NewareNDA) and fastnda
(https://github.com/EmpaEconversion/fastnda) and from the files themselves; every decoder
here is our own.
"""
