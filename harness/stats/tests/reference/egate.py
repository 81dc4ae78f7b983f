"""Sequential gate on paired log-ratios x_i (random order inside each pair => x_i - theta symmetric about 0, whatever the noise).
Betting martingales with predictable monotone odd scores; anytime-valid (Ville). Vectorised over replays (rows of X)."""
import numpy as np
CS=np.array([0.1,0.4,1.0,2.0]); LAM=np.array([.1,.2,.35,.5,.7,.9])
def egate(X,dur,lo,hi,K_over_alpha,one_over_beta,budget,burn=4,upd=lambda i:i<24 or i%6==0,maxhist=160,trace=None):
    """X: (R,N) log ratios; dur: (R,N) seconds per pair. returns verdict array ('reg','pass','und'), time, pairs used"""
    R,N=X.shape; d=hi-lo
    LR=np.zeros(R); LP=np.zeros(R); verdict=np.full(R,'und',dtype=object); T=np.zeros(R); used=np.zeros(R,int); alive=np.ones(R,bool)
    s=np.full(R,np.nan); ci=np.full(R,1); li=np.full(R,1); lR,lP=np.log(K_over_alpha),np.log(one_over_beta)
    for i in range(N):
        idx=np.flatnonzero(alive)
        if idx.size==0: break
        x=X[idx,i]; T[idx]+=dur[idx,i]; used[idx]=i+1
        if i<burn: # no scale yet: half of the wealth on the side of the pair
            LR[idx]+=np.log(np.where(x>lo,1.5,np.where(x<lo,.5,1.))); LP[idx]+=np.log(np.where(x<hi,1.5,np.where(x>hi,.5,1.)))
        else:
            if i==burn or upd(i):
                P=X[idx,max(0,i-maxhist):i]; med=np.median(P,axis=1); r=P-med[:,None]
                s_=1.4826*np.median(np.abs(r),axis=1)+1e-9; 
                # small-sample guard: MAD of few points underestimates
                s_*=1+1.0/i
                s[idx]=s_; best=np.full(idx.size,-9.); bc=np.zeros(idx.size,int); bl=np.zeros(idx.size,int)
                lam_cap=0.5 if i<12 else 0.9
                for a,c in enumerate(CS):
                    up=np.clip((r+d)/(c*s_[:,None]),-1,1); dn=np.clip((-r+d)/(c*s_[:,None]),-1,1)
                    for b,l in enumerate(LAM):
                        if l>lam_cap: continue
                        g=.5*(np.log1p(l*up).mean(1)+np.log1p(l*dn).mean(1)); m=g>best; best[m]=g[m]; bc[m]=a; bl[m]=b
                ci[idx]=bc; li[idx]=bl
            c=CS[ci[idx]]*s[idx]; l=LAM[li[idx]]
            LR[idx]+=np.log1p(l*np.clip((x-lo)/c,-1,1)); LP[idx]+=np.log1p(l*np.clip((hi-x)/c,-1,1))
        if trace is not None: trace.append((LR.copy(),LP.copy()))
        reg=LR[idx]>=lR; pas=(LP[idx]>=lP)&~reg; out=(T[idx]>=budget)&~reg&~pas
        verdict[idx[reg]]='reg'; verdict[idx[pas]]='pass'; alive[idx[reg|pas|out]]=False
    return verdict,T,used
