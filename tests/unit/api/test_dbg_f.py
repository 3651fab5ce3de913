from tests.unit.api.test_shared_night import *
from tests.unit.api.bazaar import bazaar
import dataclasses
def diff(a,b,path=""):
    if dataclasses.is_dataclass(a):
        for f in dataclasses.fields(a): diff(getattr(a,f.name),getattr(b,f.name),path+"."+f.name)
    elif isinstance(a,(tuple,list)) and len(a)==len(b):
        for i,(x,y) in enumerate(zip(a,b)): diff(x,y,path+f"[{i}]")
    elif a!=b: print("DIFF",path,a,b)
def test_x(bazaar,tmp_path):
    alone = opened(tmp_path / "alone"); e=alone.night(1)
    many = opened(tmp_path / "many"); r=together(many,3)
    for x in r: diff(e,x)
