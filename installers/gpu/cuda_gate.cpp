// The door of a CUDA library that was cut (`cuda.cmake`): a card that it was not compiled for is not
// listed, and what was left out is said to be unsupported, so that llama.cpp never asks for it.

#include "cuda_gate.h"
#include "ggml-backend-impl.h"
#include "ggml-cuda.h"

#include <cuda_runtime.h>

#include <algorithm>
#include <vector>

static bool (*all_supported)(ggml_backend_dev_t, const ggml_tensor *);
static ggml_backend_dev_t (*device_of_all)(ggml_backend_reg_t, size_t);
static std::vector<size_t> listed;
static size_t handed_out;

template <typename T> static bool in(std::initializer_list<T> values, T value) {
    return std::find(values.begin(), values.end(), value) != values.end();
}

static bool compiled(const ggml_tensor * op) {
    if (!in<ggml_op>({ OPERATIONS }, op->op)) {
        return false;
    }
    switch (op->op) {
        case GGML_OP_MUL_MAT:
        case GGML_OP_MUL_MAT_ID:
            return !ggml_is_quantized(op->src[0]->type) ||
                in<ggml_type>({ WEIGHTS }, op->src[0]->type);
        case GGML_OP_FLASH_ATTN_EXT:
            return op->src[0]->ne[0] == HEAD && op->src[1]->ne[0] == HEAD && op->src[2]->ne[0] == HEAD;
        default:
            return true;
    }
}

static bool supported(ggml_backend_dev_t device, const ggml_tensor * op) {
    return compiled(op) && all_supported(device, op);
}

static size_t count(ggml_backend_reg_t) {
    return listed.size();
}

// ggml asks for each once when it lists them, and later by CUDA's own number.
static ggml_backend_dev_t device(ggml_backend_reg_t reg, size_t index) {
    return device_of_all(reg, handed_out < listed.size() ? listed[handed_out++] : index);
}

static int architecture(ggml_backend_dev_t dev) {
    ggml_backend_dev_props props;
    ggml_backend_dev_get_props(dev, &props);
    int id = 0, major = 0, minor = 0;
    if (props.device_id == nullptr || cudaDeviceGetByPCIBusId(&id, props.device_id) != cudaSuccess) {
        (void) cudaGetLastError();
        id = 0;  // GGML_CUDA_DEVICES: several of one card
    }
    cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, id);
    cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, id);
    return 10 * major + minor;
}

extern "C" {
GGML_BACKEND_API ggml_backend_reg_t ggml_backend_init(void);
}

ggml_backend_reg_t ggml_backend_init(void) {
    ggml_backend_reg_t reg = ggml_backend_cuda_reg();
    if (device_of_all != nullptr) {
        return reg;
    }
    const size_t all = reg->iface.get_device_count(reg);
    for (size_t i = 0; i < all; i++) {
        ggml_backend_dev_t dev = reg->iface.get_device(reg, i);
        all_supported = dev->iface.supports_op;
        dev->iface.supports_op = supported;
        if (in<int>({ ARCHITECTURES }, architecture(dev))) {
            listed.push_back(i);
        }
    }
    device_of_all = reg->iface.get_device;
    reg->iface.get_device = device;
    reg->iface.get_device_count = count;
    return reg;
}
