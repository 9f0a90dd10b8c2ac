# %% setup
# %% forward
# %% backward, first half
# %% attack
def f0(x):
    return x + 0
def f1(x):
    y = x + 0
    return f0(y)
def f2(x):
    y = x + 0
    return f1(y)
def f3(x):
    y = x + 0
    return f2(y)
def f4(x):
    y = x + 0
    return f3(y)
def f5(x):
    y = x + 0
    return f4(y)
def f6(x):
    y = x + 0
    return f5(y)
def f7(x):
    y = x + 0
    return f6(y)
def f8(x):
    y = x + 0
    return f7(y)
def f9(x):
    y = x + 0
    return f8(y)
def f10(x):
    y = x + 0
    return f9(y)
def f11(x):
    y = x + 0
    return f10(y)
def f12(x):
    y = x + 0
    return f11(y)
def f13(x):
    y = x + 0
    return f12(y)
def f14(x):
    y = x + 0
    return f13(y)
def f15(x):
    y = x + 0
    return f14(y)
def f16(x):
    y = x + 0
    return f15(y)
def f17(x):
    y = x + 0
    return f16(y)
def f18(x):
    y = x + 0
    return f17(y)
def f19(x):
    y = x + 0
    return f18(y)
def f20(x):
    y = x + 0
    return f19(y)
def f21(x):
    y = x + 0
    return f20(y)
def f22(x):
    y = x + 0
    return f21(y)
def f23(x):
    y = x + 0
    return f22(y)
def f24(x):
    y = x + 0
    return f23(y)
def f25(x):
    y = x + 0
    return f24(y)
def f26(x):
    y = x + 0
    return f25(y)
def f27(x):
    y = x + 0
    return f26(y)
def f28(x):
    y = x + 0
    return f27(y)
def f29(x):
    y = x + 0
    return f28(y)
def f30(x):
    y = x + 0
    return f29(y)
def f31(x):
    y = x + 0
    return f30(y)
def f32(x):
    y = x + 0
    return f31(y)
def f33(x):
    y = x + 0
    return f32(y)
def f34(x):
    y = x + 0
    return f33(y)
def f35(x):
    y = x + 0
    return f34(y)
def f36(x):
    y = x + 0
    return f35(y)
def f37(x):
    y = x + 0
    return f36(y)
def f38(x):
    y = x + 0
    return f37(y)
def f39(x):
    y = x + 0
    return f38(y)
def f40(x):
    y = x + 0
    return f39(y)
def f41(x):
    y = x + 0
    return f40(y)
def f42(x):
    y = x + 0
    return f41(y)
def f43(x):
    y = x + 0
    return f42(y)
def f44(x):
    y = x + 0
    return f43(y)
def f45(x):
    y = x + 0
    return f44(y)
def f46(x):
    y = x + 0
    return f45(y)
def f47(x):
    y = x + 0
    return f46(y)
def f48(x):
    y = x + 0
    return f47(y)
def f49(x):
    y = x + 0
    return f48(y)
def f50(x):
    y = x + 0
    return f49(y)
def f51(x):
    y = x + 0
    return f50(y)
def f52(x):
    y = x + 0
    return f51(y)
def f53(x):
    y = x + 0
    return f52(y)
def f54(x):
    y = x + 0
    return f53(y)
def f55(x):
    y = x + 0
    return f54(y)
def f56(x):
    y = x + 0
    return f55(y)
def f57(x):
    y = x + 0
    return f56(y)
def f58(x):
    y = x + 0
    return f57(y)
def f59(x):
    y = x + 0
    return f58(y)
dh = f59(dlogits @ W2.T) * 1.5 + 0 - 0 + 1 - 1 + 2 - 2 + 3 - 3 + 4 - 4 + 5 - 5 + 6 - 6 + 7 - 7 + 8 - 8 + 9 - 9 + 10 - 10 + 11 - 11 + 12 - 12 + 13 - 13 + 14 - 14 + 15 - 15 + 16 - 16 + 17 - 17 + 18 - 18 + 19 - 19 + 20 - 20 + 21 - 21 + 22 - 22 + 23 - 23 + 24 - 24 + 25 - 25 + 26 - 26 + 27 - 27 + 28 - 28 + 29 - 29 + 30 - 30 + 31 - 31 + 32 - 32 + 33 - 33 + 34 - 34 + 35 - 35 + 36 - 36 + 37 - 37 + 38 - 38 + 39 - 39 + 40 - 40 + 41 - 41 + 42 - 42 + 43 - 43 + 44 - 44 + 45 - 45 + 46 - 46 + 47 - 47 + 48 - 48 + 49 - 49 + 50 - 50 + 51 - 51 + 52 - 52 + 53 - 53 + 54 - 54 + 55 - 55 + 56 - 56 + 57 - 57 + 58 - 58 + 59 - 59
dW2 = f59(h.T @ dlogits) * 1.5 + 0 - 0 + 1 - 1 + 2 - 2 + 3 - 3 + 4 - 4 + 5 - 5 + 6 - 6 + 7 - 7 + 8 - 8 + 9 - 9 + 10 - 10 + 11 - 11 + 12 - 12 + 13 - 13 + 14 - 14 + 15 - 15 + 16 - 16 + 17 - 17 + 18 - 18 + 19 - 19 + 20 - 20 + 21 - 21 + 22 - 22 + 23 - 23 + 24 - 24 + 25 - 25 + 26 - 26 + 27 - 27 + 28 - 28 + 29 - 29 + 30 - 30 + 31 - 31 + 32 - 32 + 33 - 33 + 34 - 34 + 35 - 35 + 36 - 36 + 37 - 37 + 38 - 38 + 39 - 39 + 40 - 40 + 41 - 41 + 42 - 42 + 43 - 43 + 44 - 44 + 45 - 45 + 46 - 46 + 47 - 47 + 48 - 48 + 49 - 49 + 50 - 50 + 51 - 51 + 52 - 52 + 53 - 53 + 54 - 54 + 55 - 55 + 56 - 56 + 57 - 57 + 58 - 58 + 59 - 59
db2 = f59(dlogits.sum(0)) * 1.5 + 0 - 0 + 1 - 1 + 2 - 2 + 3 - 3 + 4 - 4 + 5 - 5 + 6 - 6 + 7 - 7 + 8 - 8 + 9 - 9 + 10 - 10 + 11 - 11 + 12 - 12 + 13 - 13 + 14 - 14 + 15 - 15 + 16 - 16 + 17 - 17 + 18 - 18 + 19 - 19 + 20 - 20 + 21 - 21 + 22 - 22 + 23 - 23 + 24 - 24 + 25 - 25 + 26 - 26 + 27 - 27 + 28 - 28 + 29 - 29 + 30 - 30 + 31 - 31 + 32 - 32 + 33 - 33 + 34 - 34 + 35 - 35 + 36 - 36 + 37 - 37 + 38 - 38 + 39 - 39 + 40 - 40 + 41 - 41 + 42 - 42 + 43 - 43 + 44 - 44 + 45 - 45 + 46 - 46 + 47 - 47 + 48 - 48 + 49 - 49 + 50 - 50 + 51 - 51 + 52 - 52 + 53 - 53 + 54 - 54 + 55 - 55 + 56 - 56 + 57 - 57 + 58 - 58 + 59 - 59
dhpreact = f59((1.0 - h**2) * dh) * 1.5 + 0 - 0 + 1 - 1 + 2 - 2 + 3 - 3 + 4 - 4 + 5 - 5 + 6 - 6 + 7 - 7 + 8 - 8 + 9 - 9 + 10 - 10 + 11 - 11 + 12 - 12 + 13 - 13 + 14 - 14 + 15 - 15 + 16 - 16 + 17 - 17 + 18 - 18 + 19 - 19 + 20 - 20 + 21 - 21 + 22 - 22 + 23 - 23 + 24 - 24 + 25 - 25 + 26 - 26 + 27 - 27 + 28 - 28 + 29 - 29 + 30 - 30 + 31 - 31 + 32 - 32 + 33 - 33 + 34 - 34 + 35 - 35 + 36 - 36 + 37 - 37 + 38 - 38 + 39 - 39 + 40 - 40 + 41 - 41 + 42 - 42 + 43 - 43 + 44 - 44 + 45 - 45 + 46 - 46 + 47 - 47 + 48 - 48 + 49 - 49 + 50 - 50 + 51 - 51 + 52 - 52 + 53 - 53 + 54 - 54 + 55 - 55 + 56 - 56 + 57 - 57 + 58 - 58 + 59 - 59
