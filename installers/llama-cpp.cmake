# What CMake reads at llama.cpp's own `project()` call. llama-cpp-python forces llama.cpp's
# "common" library on (argument parsing, chat templates, HTTP) and never loads it; leaving it
# out, with the multimodal parts (LLAVA_BUILD=OFF), saves most of the compile time.
set(LLAMA_BUILD_COMMON OFF)
