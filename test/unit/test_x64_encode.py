#!/usr/bin/env python3
"""Every row of rules/x64/insts.r with fixed bytes, in every operand shape, against objdump.

`test_x64_encode --rows` writes the bytes and says what it encoded; here stands, written apart from
the rows, what a disassembler must call it.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from testkit import BUILD, ROOT, expect, main, skip, test

sys.path.insert(0, str(ROOT / "tools"))
import sexpr  # noqa: E402

LOW = "ax cx dx bx sp bp si di".split()
CC = "o no b ae e ne be a s ns p np l ge le g".split()
PREDICATES = "eq lt le unord neq nlt nle ord".split()
PTR = {"BYTE": 1, "WORD": 2, "DWORD": 4, "QWORD": 8, "XMMWORD": 16}


def gpr(number, size):
    if number >= 8:
        return f"r{number}" + {1: "b", 2: "w", 4: "d", 8: ""}[size]
    if size == 1:
        return LOW[number][0] + "l" if number < 4 else LOW[number] + "l"
    return {2: "", 4: "e", 8: "r"}[size] + LOW[number]


REGISTERS = {gpr(n, size): (n, size) for n in range(16) for size in (1, 2, 4, 8)}

# What to expect: `row: instruction; instruction`, names being the row's arguments. After a colon
# its size in bytes if it is not the width's; ss and ps stand for single or double by width, q for
# nothing or "q" likewise. One line serves several rows: {alternatives} go through in step, {} being
# the first ones again. Behind a bar stands the form with AVX.
EXPECTED = """
mov_rr: mov d,a
zext32_rr: mov d:4,a:4
zero_r: xor d:4,d:4
mov_rm: mov d,m
mov_mr: mov m,b
mov_mi: mov m,i
{movzx8,movsx8}_rr: {movzx,movsx} d,a:1
{movzx16,movsx16}_rr: {movzx,movsx} d,a:2
{movzx8,movsx8}_rm: {movzx,movsx} d,m:1
{movzx16,movsx16}_rm: {movzx,movsx} d,m:2
movsxd_rr: movsxd d:8,a:4
movsxd_rm: movsxd d:8,m:4
lea: lea d,m:0
xchg_rr: xchg b,a
push_r: push a:8
push_m: push m:8
push_i: push i:8
pop_r: pop d:8
{add,or,and,sub,xor,adc,sbb}_rr: {add,or,and,sub,xor,adc,sbb} d,b
{add,or,and,sub,xor,adc,sbb}_rm: {add,or,and,sub,xor,adc,sbb} d,m
{add,or,and,sub,xor,adc,sbb}_ri: {add,or,and,sub,xor,adc,sbb} d,i
{add,or,and,sub,xor}_mr: {add,or,and,sub,xor} m,b
{add,or,and,sub,xor}_mi: {add,or,and,sub,xor} m,i
lock_{add,or,and,sub,xor}_mr: lock {add,or,and,sub,xor} m,b
{cmp,test}_rr: {cmp,test} a,b
cmp_rm: cmp a,m
{cmp,test}_ri: {cmp,test} a,i
{cmp,test}_mr: {cmp,test} m,b
{cmp,test}_mi: {cmp,test} m,i
{neg,not}_r: {neg,not} d
{neg,not}_m: {neg,not} m
imul_rr: imul d,b
imul_rm: imul d,m
imul_rri: imul d,a,i
imul_rmi: imul d,m,i
{mul1,imul1,div,idiv}_r: {mul,imul,div,idiv} b
{mul1,imul1,div,idiv}_m: {mul,imul,div,idiv} m
sign_hi: {cdq/cqo}
{rol,ror,shl,shr,sar}_ri: {rol,ror,shl,shr,sar} d,i:1
{rol,ror,shl,shr,sar}_rc: {rol,ror,shl,shr,sar} d,n:1
{rol,ror,shl,shr,sar}_mi: {rol,ror,shl,shr,sar} m,i:1
{rol,ror,shl,shr,sar}_mc: {rol,ror,shl,shr,sar} m,n:1
{shlx,shrx,sarx}_rrr: {shlx,shrx,sarx} d,a,n
{shlx,shrx,sarx}_rmr: {shlx,shrx,sarx} d,m,n
rorx_rri: rorx d,a,i:1
rorx_rmi: rorx d,m,i:1
mulx_rr: mulx hi,lo,b
mulx_rm: mulx hi,lo,m
andn_rrr: andn d,a,b
andn_rrm: andn d,a,m
{blsr,blsmsk,blsi}_rr: {blsr,blsmsk,blsi} d,a
{blsr,blsmsk,blsi}_rm: {blsr,blsmsk,blsi} d,m
{lzcnt,tzcnt,popcnt}_rr: {lzcnt,tzcnt,popcnt} d,a
{lzcnt,tzcnt,popcnt}_rm: {lzcnt,tzcnt,popcnt} d,m
{bsr,bsf}_rr: {bsr,bsf} d,b
{bsr,bsf}_rm: {bsr,bsf} d,m
bswap_r: bswap d
{bt,bts,btr,btc}_rr: {bt,bts,btr,btc} a,b
{bt,bts,btr,btc}_ri: {bt,bts,btr,btc} a,i:1
bt_mi: bt m,i:1
setcc: setCC d:1; movzx d:4,d:1
set8: setCC d:1
cmov1_rr: cmovCC d,b
cmov1_rm: cmovCC d,m
nop: nop
call_r: call a:8
call_m: call m:8
jmp_r: jmp a:8
jmp_m: jmp m:8
ret_plain: ret
ret_pop: ret i:2
rdgsbase: rdgsbase d:8
wrgsbase: wrgsbase a:8
movaps_rr: movaps d,a | vmovaps d,a
fmov_rm: movss d,m | vmovss d,m
fmov_mr: movss m,b | vmovss m,b
movups_rm: movups d,m | vmovups d,m
movups_mr: movups m,b | vmovups m,b
fzero_r: xorps d,d | vxorps d,d,d
mov_xr: movD d,a | vmovD d,a
mov_rx: movD d,a | vmovD d,a
f{add,mul,sub,div,min,max}_rr: {}ss d,b | v{}ss d,a,b
f{add,mul,sub,div,min,max}_rm: {}ss d,m | v{}ss d,a,m
fsqrt_rr: sqrtss d,a | vsqrtss d,a,a
fsqrt_rm: xorps d,d; sqrtss d,m | vxorps d,d,d; vsqrtss d,d,m
fround_rri: roundss d,a,i:1 | vroundss d,a,a,i:1
fcmp_rr: ucomiss a,b | vucomiss a,b
fcmp_rm: ucomiss a,m | vucomiss a,m
fcmpm_rr: cmpPREDss d,b | vcmpPREDss d,a,b
fcmpm_rm: cmpPREDss d,m | vcmpPREDss d,a,m
{fand,fandn,for,fxor}_rr: {andps,andnps,orps,xorps} d,b | v{andps,andnps,orps,xorps} d,a,b
{fand,fandn,for,fxor}_rm: {andps,andnps,orps,xorps} d,m:16 | v{andps,andnps,orps,xorps} d,a,m:16
vblendv_rrrr: vblendvps d,a,b,c
pones_r: pcmpeqd d,d | vpcmpeqd d,d,d
cvti2{ss,sd}_rr: xorps d,d; cvtsi2{} d,a | vxorps d,d,d; vcvtsi2{} d,d,a
cvti2{ss,sd}_rm: xorps d,d; cvtsi2{} d,m | vxorps d,d,d; vcvtsi2{} d,d,m
cvtt{ss,sd}2i_rr: cvtt{}2si d,a | vcvtt{}2si d,a
cvttss2i_rm: cvttss2si d,m:4 | vcvttss2si d,m:4
cvttsd2i_rm: cvttsd2si d,m:8 | vcvttsd2si d,m:8
{cvtss2sd,cvtsd2ss}_rr: {} d,a | v{} d,a,a
cvtss2sd_rm: xorps d,d; cvtss2sd d,m:4 | vxorps d,d,d; vcvtss2sd d,d,m:4
cvtsd2ss_rm: xorps d,d; cvtsd2ss d,m:8 | vxorps d,d,d; vcvtsd2ss d,d,m:8
vcvtu2{ss,sd}_rr: xorps d,d; vcvtusi2{} d,d,a | vxorps d,d,d; vcvtusi2{} d,d,a
vcvtt{ss,sd}2u_rr: vcvtt{ss,sd}2usi d,a
movddup_r: movddup d,a | vmovddup d,a
movddup_m: movddup d,m:8 | vmovddup d,m:8
movhps_mr: movhps m,b | vmovhps m,b
{movhps,movlps}_rm: {} d,m:8 | v{} d,a,m:8
movss_rr: movss d,b | vmovss d,a,b
vpbroadcast{b,w,d,q}_r: vpbroadcast{} d,a
vpbroadcast{b,w,d,q}_m: vpbroadcast{} d,m:{1,2,4,8}
vpbroadcast{b,w,d,q}_g: vpbroadcast{} d,a:{4,4,4,8}
vbroadcastss_r: vbroadcastss d,a
{vbroadcastss,vbroadcastss1}_m: vbroadcastss d,m:4
{paddb,paddw,paddd,paddq,psubb,psubw,psubd,psubq,paddsb,paddsw}_rr: {} d,b | v{} d,a,b
{paddb,paddw,paddd,paddq,psubb,psubw,psubd,psubq,paddsb,paddsw}_rm: {} d,m:16 | v{} d,a,m:16
{paddusb,paddusw,psubsb,psubsw,psubusb,psubusw,pmullw,pmulhw}_rr: {} d,b | v{} d,a,b
{paddusb,paddusw,psubsb,psubsw,psubusb,psubusw,pmullw,pmulhw}_rm: {} d,m:16 | v{} d,a,m:16
{pmulhuw,pmuludq,pmaddwd,pavgb,pavgw,pminub,pmaxub,pminsw}_rr: {} d,b | v{} d,a,b
{pmulhuw,pmuludq,pmaddwd,pavgb,pavgw,pminub,pmaxub,pminsw}_rm: {} d,m:16 | v{} d,a,m:16
{pmaxsw,pcmpeqb,pcmpeqw,pcmpeqd,pcmpgtb,pcmpgtw,pcmpgtd,pand}_rr: {} d,b | v{} d,a,b
{pmaxsw,pcmpeqb,pcmpeqw,pcmpeqd,pcmpgtb,pcmpgtw,pcmpgtd,pand}_rm: {} d,m:16 | v{} d,a,m:16
{pandn,por,pxor,punpcklbw,punpcklwd,punpckldq,punpcklqdq}_rr: {} d,b | v{} d,a,b
{pandn,por,pxor,punpcklbw,punpcklwd,punpckldq,punpcklqdq}_rm: {} d,m:16 | v{} d,a,m:16
{punpckhbw,punpckhwd,punpckhdq,punpckhqdq,packsswb,packuswb}_rr: {} d,b | v{} d,a,b
{punpckhbw,punpckhwd,punpckhdq,punpckhqdq,packsswb,packuswb}_rm: {} d,m:16 | v{} d,a,m:16
{packssdw,pshufb,pmaddubsw,pmulhrsw,pmulld,pmuldq,pminsb,pminsd}_rr: {} d,b | v{} d,a,b
{packssdw,pshufb,pmaddubsw,pmulhrsw,pmulld,pmuldq,pminsb,pminsd}_rm: {} d,m:16 | v{} d,a,m:16
{pminuw,pminud,pmaxsb,pmaxsd,pmaxuw,pmaxud,pcmpeqq,pcmpgtq}_rr: {} d,b | v{} d,a,b
{pminuw,pminud,pmaxsb,pmaxsd,pmaxuw,pmaxud,pcmpeqq,pcmpgtq}_rm: {} d,m:16 | v{} d,a,m:16
{packusdw,addps,addpd,mulps,mulpd,subps,subpd,divps,divpd,minps}_rr: {} d,b | v{} d,a,b
{packusdw,addps,addpd,mulps,mulpd,subps,subpd,divps,divpd,minps}_rm: {} d,m:16 | v{} d,a,m:16
{minpd,maxps,maxpd}_rr: {} d,b | v{} d,a,b
{minpd,maxps,maxpd}_rm: {} d,m:16 | v{} d,a,m:16
{pabsb,pabsw,pabsd}_r: {} d,a | v{} d,a
{pabsb,pabsw,pabsd}_m: {} d,m:16 | v{} d,m:16
{sqrtps,sqrtpd}_r: {} d,a | v{} d,a
{sqrtps,sqrtpd}_m: {} d,m:16 | v{} d,m:16
{pmovsxbw,pmovsxwd,pmovsxdq,pmovzxbw,pmovzxwd,pmovzxdq}_r: {} d,a | v{} d,a
{pmovsxbw,pmovsxwd,pmovsxdq,pmovzxbw,pmovzxwd,pmovzxdq}_m: {} d,m:8 | v{} d,m:8
{psllw,pslld,psllq,psrlw,psrld,psrlq,psraw,psrad}_ri: {} d,i:1 | v{} d,a,i:1
{psllw,pslld,psllq,psrlw,psrld,psrlq,psraw,psrad}_rx: {} d,n | v{} d,a,n
{psrldq,pslldq}_ri: {} d,i:1 | v{} d,a,i:1
vpsraq_ri: vpsraq d,a,i:1
vpsraq_rx: vpsraq d,a,n
{pshufd,pshuflw,pshufhw}_ri: {} d,a,i:1 | v{} d,a,i:1
{pshufd,pshuflw,pshufhw}_mi: {} d,m:16,i:1 | v{} d,m:16,i:1
{shufps,shufpd,palignr,pblendw}_rri: {} d,b,i:1 | v{} d,a,b,i:1
{shufps,shufpd,palignr,pblendw}_rmi: {} d,m:16,i:1 | v{} d,a,m:16,i:1
pinsr{b,w,d,q}_rri: pinsr{} d,b:{4,4,4,8},i:1 | vpinsr{} d,a,b:{4,4,4,8},i:1
pinsr{b,w,d,q}_rmi: pinsr{} d,m:{1,2,4,8},i:1 | vpinsr{} d,a,m:{1,2,4,8},i:1
pextr{b,w,d,q}_ri: pextr{} d:{4,4,4,8},a,i:1 | vpextr{} d:{4,4,4,8},a,i:1
pextr{b,w,d,q}_mri: pextr{} m,b,i:1 | vpextr{} m,b,i:1
insertps_rri: insertps d,b,i:1 | vinsertps d,a,b,i:1
{movmskps,movmskpd,pmovmskb}_r: {} d:4,a | v{} d:4,a
ptest_rr: ptest a,b | vptest a,b
ptest_rm: ptest a,m:16 | vptest a,m:16
{vpblendvb,vblendvps,vblendvpd}_rrrr: {} d,a,b,c
{vpblendvb,vblendvps,vblendvpd}_rrmr: {} d,a,m:16,c
{cmpps,cmppd}_rr: cmpPRED{ps,pd} d,b | vcmpPRED{ps,pd} d,a,b
{cmpps,cmppd}_rm: cmpPRED{ps,pd} d,m:16 | vcmpPRED{ps,pd} d,a,m:16
{roundps,roundpd}_ri: {} d,a,i:1 | v{} d,a,i:1
{roundps,roundpd}_mi: {} d,m:16,i:1 | v{} d,m:16,i:1
{vfmadd213ps,vfmadd213pd,vfnmadd213ps,vfnmadd213pd}_rrr: {} d,b,c
{vfmadd213ps,vfmadd213pd,vfnmadd213ps,vfnmadd213pd}_rrm: {} d,b,m:16
{cvtdq2ps,cvttps2dq,cvtdq2pd,cvttpd2dq,cvtps2pd,cvtpd2ps}_r: {} d,a | v{} d,a
{cvtdq2ps,cvttps2dq,cvttpd2dq,cvtpd2ps}_m: {} d,m:16 | v{} d,m:16
{cvtdq2pd,cvtps2pd}_m: {} d,m:8 | v{} d,m:8
vpternlog_rrri: vpternlogd d,b,c,i:1
vpternlog_rrmi: vpternlogd d,b,m:16,i:1
{vpabsq,vpopcntb,vcvtudq2ps,vcvtudq2pd,vcvttps2udq,vcvttpd2udq}_r: {} d,a
{vprold,vprolq}_ri: {} d,a,i:1
vpmullq_rr: vpmullq d,a,b
{vpermi2b,vpdpbusd}_rrr: {} d,b,c
mfence: mfence
xchg_mr: xchg m,b
lock_xadd_mr: lock xadd m,b
lock_cmpxchg_mr: lock cmpxchg m,b
"""
BY_WIDTH = {"ss": ("ss", "sd"), "ps": ("ps", "pd"), "movD": ("movd", "movq"),
            "{cdq/cqo}": ("cdq", "cqo")}
# Mnemonics whose float suffix is their own and not the width's.
FIXED_SUFFIX = re.compile(r"^v?(and|andn|or|xor)ps$|^v?movaps$|^v?mov[uhl]ps$|^v?cvt")


def expected_by_row():
    table = {}
    for line in EXPECTED.strip().splitlines():
        name, text = line.split(": ", 1)
        groups = re.findall(r"\{([^}/]*)\}", line)
        for k in range(len(groups[0].split(",")) if groups else 1):
            pick = lambda m: (m[1] or groups[0]).split(",")[k]  # noqa: E731
            forms = re.sub(r"\{([^}/]*)\}", pick, text).split(" | ")
            name_k = re.sub(r"\{([^}/]*)\}", pick, name)
            table.update({(name_k, int(has_avx)): form for has_avx, form in enumerate(forms)})
    return table


def mnemonic(word, width, cc):
    if FIXED_SUFFIX.match(word):
        return word
    word = word.replace("CC", CC[cc]).replace("PRED", PREDICATES[cc & 7])
    for key, (narrow, wide) in BY_WIDTH.items():
        if word.endswith(key):
            return word[:-len(key)] + (wide if width == 8 else narrow)
    return word


def linear(base, index, scale, disp, size):
    """An address as a sum: what a disassembler may write in several ways."""
    terms = {}
    for register, factor in ((base, 1), (index, 1 << scale)):
        if register >= 0:
            terms[register] = terms.get(register, 0) + factor
    return tuple(sorted(terms.items())), disp % (1 << 8 * size), size


class Line:
    """One line of `--rows`: what was encoded."""

    def __init__(self, text):
        head, registers, memory, place = (part.split() for part in text.split("|"))
        self.name = head[0]
        self.width, self.cc, self.imm, self.has_avx = map(int, head[1:])
        self.registers = registers
        self.memory = memory
        self.at, self.size = (int(word, 16) for word in place)

    def operand(self, word, args):
        name, _, size = word.partition(":")
        size = int(size) if size else self.width or 8
        kind = args[name]
        if kind == "mem":
            base, index, scale, disp = map(int, self.memory[:4])
            flags = self.memory[4]
            if "r" in flags:
                return ("mem", size, "", "rip", disp)
            return ("mem", size, "gs" if "g" in flags else "",
                    linear(base, index, scale, disp, 4 if "a" in flags else 8))
        if kind == "imm":
            return ("imm", self.imm % (1 << 8 * size))
        register = self.registers[kind]
        if register[0] == "x":
            return ("xmm", int(register[1:]))
        return ("reg", int(register[1:]), size)

    def expected(self, template, args):
        out = []
        for part in template.split("; "):
            words = part.split(" ")
            lock = words[0] == "lock"
            name, operands = words[lock], words[lock + 1:]
            operands = operands[0].split(",") if operands else []
            out.append((("lock " if lock else "") + mnemonic(name, self.width, self.cc),
                        [self.operand(word, args) for word in operands]))
        return out


MEMORY = re.compile(r"(?:(\w+) PTR )?(?:([gdcs]s):)?(?:\[([^\]]*)\]|(0x[0-9a-f]+))$")


def parse_address(text):
    base_terms, disp, size, rip = {}, 0, 8, False
    for sign, term in re.findall(r"([+-]?)([^+-]+)", text):
        register, _, factor = term.partition("*")
        if register == "rip":
            rip = True
        elif register in ("riz", "eiz"):
            size = 4 if register == "eiz" else size
        elif register in REGISTERS:
            number, size = REGISTERS[register]
            base_terms[number] = base_terms.get(number, 0) + int(factor or 1)
        else:
            disp += int(term, 16) * (-1 if sign == "-" else 1)
    if rip:
        return "rip", disp
    return ((tuple(sorted(base_terms.items())), disp % (1 << 8 * size), size),)


def parse_operand(text, bits):
    if text in REGISTERS:
        return ("reg", *REGISTERS[text])
    if re.fullmatch(r"xmm\d+", text):
        return ("xmm", int(text[3:]))
    if re.fullmatch(r"-?0x[0-9a-f]+|1", text):
        return ("imm", int(text, 16) % (1 << bits))
    match = MEMORY.match(text)
    expect(match, f"cannot read operand {text!r}")
    size = PTR[match[1]] if match[1] else 0
    segment = match[2] if match[2] in ("gs",) else ""
    address = match[3] if match[3] is not None else match[4]
    return ("mem", size, segment, *parse_address(address))


def disassemble(path):
    """Offset: (mnemonic, operand texts) of every instruction."""
    text = subprocess.run(["objdump", "-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel",
                           "--no-show-raw-insn", "-w", str(path)], stdout=subprocess.PIPE,
                          check=True, text=True).stdout
    found = {}
    for match in re.finditer(r"^\s*([0-9a-f]+):\t(.*)$", text, re.M):
        words = match[2].split("#")[0].strip()
        words = re.sub(r"^(rex\.\w+|rex|addr32|\{evex\}) ", "", words)
        lock = "lock " if words.startswith("lock ") else ""
        name, _, rest = words[len(lock):].partition(" ")
        found[int(match[1], 16)] = (lock + name, [w for w in rest.strip().split(",") if w])
    return found


def row_arguments():
    """Row: {argument: index of its register, "mem" or "imm"}"""
    table = {}
    files = sorted((ROOT / "rules/x64").glob("insts*.r"))
    for form in sexpr.expand([form for path in files for form in sexpr.parse_file(path)]):
        args, registers = {}, 0
        for clause in form[2:]:
            for arg in clause[1:] if clause[0] == "args" else []:
                if arg[1] == "mem":
                    args[arg[0]] = "mem"
                elif arg[1] in ("use", "use-late", "temp", "def", "def-early"):
                    args[arg[0]] = registers
                    registers += 1
                else:
                    args[arg[0]] = "imm"
        table[str(form[1]).lower()] = args
    return table


def same(want, got, width):
    """Is the operand text `got` what is wanted?"""
    bits = 64
    if want[0] == "imm":
        bits = 8 * width
        got = parse_operand(got, 64)
        return got[0] == "imm" and got[1] % (1 << bits) == want[1] % (1 << bits)
    return parse_operand(got, bits) == want


def check_line(line, template, args, code):
    at = line.at
    for name, operands in line.expected(template, args):
        if at not in code:
            return f"nothing begins at {at:#x}"
        got_name, got = code[at]
        sizes = {w.partition(":")[0]: w.partition(":")[2] for w in re.findall(r"\w+:\d", template)}
        imm_size = int(sizes.get("i") or line.width or 8)
        if got_name != name or len(got) != len(operands) or \
                not all(same(w, g, imm_size) for w, g in zip(operands, got)):
            return f"wanted {name} {operands}, got {got_name} {','.join(got)}"
        at = min((a for a in range(at + 1, at + 16) if a in code), default=line.at + line.size)
    if at != line.at + line.size:
        return f"ends at {at:#x}, not {line.at + line.size:#x}"
    return None


@test
def rows_disassemble_as_meant():
    if not shutil.which("objdump"):
        skip("no objdump")
    with tempfile.TemporaryDirectory() as folder:
        binary = Path(folder) / "rows.bin"
        lines = subprocess.run([str(BUILD / "test/unit/test_x64_encode"), "--rows", str(binary)],
                               stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()
        code = disassemble(binary)
    table, args = expected_by_row(), row_arguments()
    wrong, seen = [], set()
    for text in lines:
        line = Line(text)
        row = line.name, line.has_avx
        seen.add(row)
        expect(row in table, f"no expectation for row {row}")
        complaint = check_line(line, table[row], args[line.name], code)
        if complaint:
            wrong.append(f"{text}: {complaint}")
    expect(not wrong, f"{len(wrong)} of {len(lines)} wrong:\n" + "\n".join(wrong[:40]))
    expect(seen == set(table), f"expected but not encoded: {set(table) - seen}")


main()
